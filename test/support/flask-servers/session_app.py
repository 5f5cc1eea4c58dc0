"""The Flask application of app.py, with its sessions kept by Flask-Session in Redis."""

import logging
import os
from threading import Event

from flask import redirect, request, session
from flask_session import Session
from redis import Redis
from werkzeug.serving import run_simple

from app import app

app.config.update(
    SESSION_TYPE="redis",
    SESSION_REDIS=Redis.from_url(os.environ["REDIS_URL"]),
    SESSION_SERIALIZATION_FORMAT=os.environ.get("SESSION_SERIALIZATION_FORMAT", "msgpack"),
    SESSION_USE_SIGNER=os.environ.get("SESSION_USE_SIGNER") == "true",
    SESSION_REFRESH_EACH_REQUEST=os.environ.get("SESSION_REFRESH_EACH_REQUEST", "true") == "true",
)
Session(app)

released = Event()
waiting = Event()


@app.post("/flask/regenerated-login")
def regenerated_login():
    session["person_id"] = int(request.form["id"])
    app.session_interface.regenerate(session)
    return redirect("/flask/", 303)


@app.post("/flask/cart")
def cart():
    session.setdefault("cart", []).append(request.form["item"])
    session.modified = True
    return list(session["cart"])


@app.get("/flask/cart")
def shown_cart():
    return list(session.get("cart", []))


@app.get("/flask/slow")
def slow():
    """Takes its time; looks at the session only to change it, if the query says so."""
    released.clear()
    waiting.set()
    released.wait(20)
    if "change" in request.args:
        session["late"] = True
    return "Done."


@app.get("/flask/until-slow")
def until_slow():
    return str(waiting.wait(20))


@app.get("/flask/release")
def release():
    waiting.clear()
    released.set()
    return "Released."


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    run_simple("127.0.0.1", int(os.environ["PORT"]), app, threaded=True)
