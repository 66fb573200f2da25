-- Orders, with who bought.
{{ identified('orders', ['accelevents']) }}
