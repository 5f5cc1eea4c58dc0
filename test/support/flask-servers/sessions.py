"""Sessions as Flask's own code reads and writes them, one a line.

    rewrite            reads a cookie per line; answers each with {"json": what it holds, "cookie": written again}
    make SEED COUNT    writes as many random sessions, in the same form: none that is empty, or too big for a cookie
"""

import json
import os
import random
import sys
from datetime import datetime, timedelta, timezone
from uuid import UUID

from flask import Flask
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface
from markupsafe import Markup

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
signing = SecureCookieSessionInterface().get_signing_serializer(app)

CHARACTERS = "ab \"\\/<&\0\n\x7f\x9fé€\u2028\uffff😀\ud800"
KEYS = ["__proto__", "constructor", "10", "9", "", " t", " di", " d", " t__", "é", "😀", "\uffff"]


def report(session):
    print(json.dumps({"json": TaggedJSONSerializer().dumps(session), "cookie": signing.dumps(session)}), flush=True)


def rewrite():
    for line in sys.stdin:
        report(signing.loads(line.strip(), max_age=60))


def make(seed, count):
    made = random.Random(seed)
    while count > 0:
        session = dict_of(made, 3)
        if session and len(signing.dumps(session)) < 4000:
            report(session)
            count -= 1


def value_of(made, depth):
    kinds = [text_of, number_of, float_of, bytes_of, markup_of, uuid_of, date_of, constant_of]
    if depth > 0:
        kinds += [list_of, tuple_of, dict_of]
    return made.choice(kinds)(made, depth - 1)


def text_of(made, _):
    return "".join(made.choices(CHARACTERS, k=made.randrange(8)))


def number_of(made, _):
    return made.randrange(-(2 ** made.choice([4, 53, 64, 90])), 2 ** made.choice([4, 53, 64, 90]))


def float_of(made, _):
    return made.choice([1.0, -0.0, 0.1, 1e16, 1e-5, float("inf"), made.uniform(-1, 1) * 10 ** made.randrange(-300, 300)])


def bytes_of(made, _):
    return made.randbytes(made.randrange(9))


def markup_of(made, depth):
    return Markup(text_of(made, depth))


def uuid_of(made, _):
    return UUID(int=made.getrandbits(128))


def date_of(made, _):
    zone = made.choice([None, timezone.utc, timezone(timedelta(hours=5, minutes=30))])
    return datetime(made.randrange(101, 9999), made.randrange(1, 13), made.randrange(1, 29), 3, 4, 5, 6, zone)


def constant_of(made, _):
    return made.choice([None, True, False, float("nan"), float("-inf"), [], (), {}])


def list_of(made, depth):
    return [value_of(made, depth) for _ in range(made.randrange(4))]


def tuple_of(made, depth):
    return tuple(list_of(made, depth))


def dict_of(made, depth):
    keys = [made.choice(KEYS) if made.random() < 0.5 else text_of(made, depth) for _ in range(made.randrange(5))]
    return {key: value_of(made, depth) for key in keys}


with app.app_context():
    if sys.argv[1] == "rewrite":
        rewrite()
    else:
        make(int(sys.argv[2]), int(sys.argv[3]))
