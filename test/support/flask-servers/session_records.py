"""Sessions as Flask-Session's own code keeps them in Redis, one a line.

    make SEED    makes a random one; answers {"sid": its id, "values": what it holds}
    again SID    reads one, and writes it again; answers the same
"""

import json
import os
import random
import sys
from datetime import datetime, timedelta, timezone

from flask import Flask, session
from flask_session import Session
from redis import Redis

app = Flask(__name__)
app.config.update(
    SECRET_KEY="not used",
    SESSION_TYPE="redis",
    SESSION_REDIS=Redis.from_url(os.environ["REDIS_URL"]),
    SESSION_SERIALIZATION_FORMAT=os.environ["SESSION_SERIALIZATION_FORMAT"],
    SESSION_PERMANENT=False,
)
Session(app)
is_json = os.environ["SESSION_SERIALIZATION_FORMAT"] == "json"

CHARACTERS = "ab \"\\/<&%\0\n\x7f\x9fé€\u2028\uffff😀"
KEYS = ["__proto__", "constructor", "10", "9", "", " t", "é", "😀", "\uffff"]


@app.get("/make/<int:seed>")
def make(seed):
    made = random.Random(seed)
    session["first"] = seed
    session.update(dict_of(made, 3))
    return report()


@app.get("/again")
def again():
    session.modified = True
    return report()


def report():
    return {"sid": session.sid, "values": repr(dict(session))}


def value_of(made, depth):
    kinds = [text_of, number_of, float_of, constant_of]
    if not is_json:
        kinds += [bytes_of, date_of, odd_of, *([keyed_of] if depth > 0 else [])]
    if depth > 0:
        kinds += [list_of, dict_of]
    return made.choice(kinds)(made, depth - 1)


def text_of(made, _):
    return "".join(made.choices(CHARACTERS, k=made.choice([0, 3, 8, 40])))


def number_of(made, _):
    return made.randrange(-(2 ** made.choice([4, 8, 16, 32, 53, 63])), 2 ** made.choice([4, 8, 16, 32, 53, 64]))


def float_of(made, _):
    return made.choice([1.0, -0.0, 0.1, 1e16, 1e15, 1e-5, 1e-6, made.uniform(-1, 1) * 10 ** made.randrange(-300, 300)])


def bytes_of(made, _):
    return made.randbytes(made.choice([0, 9, 300]))


def date_of(made, _):
    zone = made.choice([timezone.utc, timezone(timedelta(hours=5, minutes=30))])
    return datetime(made.randrange(2, 9999), made.randrange(1, 13), made.randrange(1, 29), 3, 4, 5, made.choice([0, 6]), zone)


def odd_of(made, _):
    return made.choice([float("inf"), float("-inf"), (1, (2,)), datetime(2026, 1, 1)])


def constant_of(made, _):
    return made.choice([None, True, False, [], {}])


def list_of(made, depth):
    return [value_of(made, depth) for _ in range(made.choice([0, 1, 3, 17]))]


def dict_of(made, depth):
    keys = [made.choice(KEYS) if made.random() < 0.5 else text_of(made, depth) for _ in range(made.choice([0, 2, 5, 17]))]
    return {key: value_of(made, depth) for key in keys}


def keyed_of(made, depth):
    return {made.randrange(-300, 300): value_of(made, depth), None: 1, (1, "a"): 2}


for line in sys.stdin:
    verb, what = line.split()
    client = app.test_client()
    if verb == "again":
        client.set_cookie("session", what)
    answer = client.get("/again" if verb == "again" else f"/make/{what}")
    print(json.dumps(answer.json), flush=True)
