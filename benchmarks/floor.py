"""The floor: bare requests and the fastest JSON parser, which count the rows and write nothing.

No extractor that uses requests can be faster. With one thread it is the plainest loop there is;
with more, each parent is one job of a thread pool.
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import requests
from requests.adapters import HTTPAdapter


def count_rows(session: requests.Session, url: str) -> int:
    """Return how many rows one parent has, reading all its pages."""
    count, page = 0, 1
    while page:
        body = orjson.loads(session.get(url, params={"page": page}, timeout=60).content)
        count += len(body["data"])
        page = body["next_page"]
    return count


def main() -> None:
    """Read everything and print the number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, required=True, help="JSON: api_url, concurrency")
    config = json.loads(parser.parse_args().config.read_text(encoding="utf-8"))
    base, threads = config["api_url"], config["concurrency"]
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=threads))
        parents = orjson.loads(session.get(f"{base}/parents", timeout=60).content)["data"]
        urls = [f"{base}/parents/{parent['id']}/rows" for parent in parents]
        if threads == 1:
            counts = [count_rows(session, url) for url in urls]
        else:
            with ThreadPoolExecutor(threads) as pool:
                counts = list(pool.map(lambda url: count_rows(session, url), urls))
    sys.stdout.write(f"{sum(counts)}\n")


if __name__ == "__main__":
    main()
