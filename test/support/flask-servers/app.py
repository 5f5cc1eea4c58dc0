"""A Flask application as there are many: who is signed in stands in its session, and so do messages and values."""

import json
import logging
import os
from datetime import datetime, timedelta, timezone
from uuid import UUID

from flask import Flask, flash, get_flashed_messages, redirect, render_template_string, request, session
from flask.json.tag import TaggedJSONSerializer
from markupsafe import Markup
from werkzeug.serving import run_simple

VALUES = {
    "tuple": (1, "two", (3.0, ())),
    "bytes": b"\x00\xff bytes",
    "markup": Markup("<b>bold</b> & all"),
    "uuid": UUID("a74b33d4-2f19-4c80-9c5e-1a2b3c4d5e6f"),
    "datetime": datetime(2026, 1, 15, 12, 30, 1, 999_999, timezone.utc),
    "early": datetime(101, 1, 1),
    "nested": {"list": [{"pair": (b"x", [None, True])}, []], "10": 1, "9": {}},
    "float": 1.0,
    "minus zero": -0.0,
    "exponents": [1e16, 1e-5, 1e22, 5e-324, 0.1],
    "nan": [float("nan"), float("inf"), float("-inf")],
    "big": [2**53, -(2**70)],
    "tag": {" t": 1},
    "tag of a tag": {" di": {" t": (1,)}},
    "no tag": {" t": 1, " b": 2},
    "text": "é😀\x7f\u2028\ud800</script>",
    "proto": {"__proto__": {"a": 1.0}},
}

PAGE = """<!doctype html><html lang="en"><title>Flask</title>
<h1>{{ 'Person %s' % session['person_id'] if 'person_id' in session else 'Nobody' }}</h1>
{% for category, message in get_flashed_messages(with_categories=true) %}<p role="status">{{ message }}</p>{% endfor %}
<form method="post" action="/flask/login"><input type="hidden" name="id" value="1"><button>Sign in</button></form>
<form method="post" action="/flask/flash"><input name="message" aria-label="Message"><button>Leave</button></form>
<form method="post" action="/flask/logout"><button>Sign out</button></form>"""

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SECRET_KEY"],
    SECRET_KEY_FALLBACKS=json.loads(os.environ.get("SECRET_KEY_FALLBACKS") or "[]"),
    PERMANENT_SESSION_LIFETIME=timedelta(days=7),
)


@app.get("/flask/")
def page():
    return render_template_string(PAGE)


@app.post("/flask/login")
def login():
    session["person_id"] = int(request.form["id"])
    session.permanent = True
    return redirect("/flask/", 303)


@app.post("/flask/logout")
def logout():
    session.clear()
    return redirect("/flask/", 303)


@app.post("/flask/forget")
def forget():
    session.pop("person_id", None)
    return redirect("/flask/", 303)


@app.get("/flask/whoami")
def whoami():
    return {"person": session.get("person_id"), "permanent": session.permanent}


@app.post("/flask/flash")
def leave_message():
    flash(request.form["message"], request.form.get("category", "message"))
    return "Left."


@app.get("/flask/flashes")
def messages():
    return get_flashed_messages(with_categories=True)


@app.post("/flask/set/<name>")
def set_value(name):
    session["value"] = VALUES[name]
    return dump()


@app.post("/flask/again")
def again():
    session.modified = True
    return dump()


@app.get("/flask/dump")
def dump():
    return TaggedJSONSerializer().dumps(dict(session))


@app.get("/flask/values")
def names():
    return list(VALUES)


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    run_simple("127.0.0.1", int(os.environ["PORT"]), app, threaded=True)
