{#
  The rows of one stream that are still there at the vendor.

  The loader only adds, and the vendors only say what exists now. So each run's rows carry `read_at`, when that
  run began, and the stream read_log says what was read completely and when: a whole stream (parent_id ''), or a
  stream's rows of one parent. A row is left out if
    - its part was read completely again later, and the row did not come along; or
    - its parent was loaded once and is no longer there. (A parent that was never loaded says nothing: somebody
      may have deselected its stream.)

  source      the tap's stream that it is made of, if that has another name: the read_log's
  part        this stream's column that says which part (parent, id, window) a row is from; none if it is read whole
  scope       columns, beside stream and parent_id, that tell the read_log's rows apart (say, the account); none for
              the read_log itself, of which nothing goes away
  parent      {stream, id: its column that holds what `part` holds, scope: columns that both have}, or none
#}
{% macro current_rows(tap, stream, scope=none, source=none, part=none, parent=none) %}
select
    {% for column in model.columns.values() -%}
    loaded.{{ quoted([column.name]) }}{{ ',' if not loop.last }}
    {% endfor %}
from {{ loaded(tap, stream) }} as loaded
where true
{%- if scope is not none %}
    and not exists (
        select 1 from {{ loaded(tap, 'read_log') }} as reading
        where reading.stream = '{{ source or stream }}'
            and reading.parent_id = {{ "coalesce(" ~ text_of('loaded', part) ~ ", '')" if part else "''" }}
        {%- for column in scope %}
            and reading.{{ quoted([column]) }} = loaded.{{ quoted([column]) }}
        {%- endfor %}
            and reading.read_at > loaded.read_at
    )
{%- endif %}
{%- if parent %}
    and not exists (
        select 1 from {{ loaded(tap, parent.stream) }} as parent
        where {{ is_same(parent, part, 'parent', 'loaded') }}
            and not exists (
                select 1 from {{ ref(tap ~ '__' ~ parent.stream) }} as present
                where {{ is_same(parent, parent.id, 'present', 'parent') }}
            )
    )
{%- endif %}
{% endmacro %}

{# Whether a row is of a parent: ids are compared as text, since a part is one in some streams. #}
{% macro is_same(parent, part, of_parent, of_row) -%}
    {{ text_of(of_parent, parent.id) }} = {{ text_of(of_row, part) }}
    {%- for column in parent.scope %} and {{ of_parent }}.{{ quoted([column]) }} = {{ of_row }}.{{ quoted([column]) }}{% endfor -%}
{%- endmacro %}

{# A column as text. #}
{% macro text_of(relation, name) -%}
    cast({{ relation }}.{{ quoted([name]) }} as varchar)
{%- endmacro %}
