"""Uploads: a sound comes in, as a body or as a form, and what is no sound does not stay."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.web import problem


def left(server):
    folder = server.folder / "data" / "uploads"
    return sorted(it.name for it in folder.iterdir()) if folder.is_dir() else []


def test_a_sound_comes_in_as_the_body_itself(server, http, stem):
    reply = http.post("/v1/uploads?name=my%20stem.wav", content=stem)
    assert reply.status_code == 201
    about = reply.json()
    assert reply.headers["location"] == f"/v1/uploads/{about['id']}"
    assert about["name"] == "my stem.wav"
    assert (about["seconds"], about["rate"], about["channels"]) == (0.5, 44100, 1)
    assert about["bytes"] == len(stem)
    assert http.get(reply.headers["location"]).json() == about


def test_it_may_come_in_pieces_of_unknown_length(http, stem):
    pieces = (stem[at : at + 1000] for at in range(0, len(stem), 1000))
    assert http.post("/v1/uploads", content=pieces).json()["bytes"] == len(stem)


def test_a_form_brings_its_file(http, stem):
    fields = {"other": (None, "a text"), "file": ("späte Violine.wav", stem, "audio/wav")}
    about = http.post("/v1/uploads", files=fields).json()
    assert (about["name"], about["bytes"]) == ("späte Violine.wav", len(stem))


def test_content_disposition_names_it_too(http, stem):
    field = {"Content-Disposition": "attachment; filename*=UTF-8''%c3%a9tude.wav"}
    assert http.post("/v1/uploads", content=stem, headers=field).json()["name"] == "étude.wav"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\music\\a.wav", "a.wav"),
        ("a\r\nSet-Cookie: x=y.wav", "aSet-Cookie x=y.wav"),
        ("\u202egnp.wav", "gnp.wav"),
        ("...", "sound.wav"),
        ("\x00", "sound.wav"),
        ("x" * 500 + ".wav", "x" * 120),
    ],
)
def test_a_hostile_name_is_only_a_text(server, http, stem, name, shown):
    before = left(server)
    about = http.post("/v1/uploads", params={"name": name}, content=stem).json()
    assert about["name"] == shown
    (new,) = set(left(server)) - set(before)
    assert new.startswith(about["id"])
    assert {it.name for it in (server.folder / "data").iterdir()} <= {"restyle", "uploads", "jobs"}


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"this is no sound", 422, "not_audio"),
        (b"", 400, "bad_request"),
        (b"RIFF\x00\x00\x00\x00WAVE", 422, "not_audio"),
    ],
)
def test_what_is_no_sound_does_not_stay(server, http, content, status, code):
    before = left(server)
    about = problem(http.post("/v1/uploads?name=x.wav", content=content), status, code)
    assert "/" not in about["detail"]
    assert left(server) == before


@pytest.mark.parametrize(
    ("type", "body"),
    [
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b"no form at all"),
        ("multipart/form-data; boundary=\xff", b"--\xff\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="\xf1\x92\xba\x8e"\r\n\r\n\r\n--x--',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"'),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\n" + b"A: " + b"b" * 9000 + b"\r\n\r\n\r\n--x--",
        ),
    ],
)
def test_a_form_that_is_none_is_refused(server, http, type, body):
    before = left(server)
    reply = http.post("/v1/uploads", content=body, headers={"Content-Type": type.encode("latin-1")})
    problem(reply, 400, "bad_request")
    assert left(server) == before


def test_another_owner_s_upload_is_not_there(server, http, stem):
    about = server.upload(stem, http=http)
    with server.client(cookies={"restyle": "another"}) as other:
        for send in (other.get, other.delete):
            problem(send(f"/v1/uploads/{about['id']}"), 404, "no_such_upload")
        body = {"stem": about["id"], "style": {"preset": "violin"}}
        found = problem(server.submit(body, http=other), 422, "no_such_upload")
        assert found["errors"][0]["field"] == "stem"
    assert http.get(f"/v1/uploads/{about['id']}").status_code == 200


@pytest.mark.parametrize("id", ["x", "0" * 32, "%00", "..%2f..", "0" * 31 + "%0a"])
def test_what_was_never_there_is_404(http, id):
    problem(http.get(f"/v1/uploads/{id}"), 404, http.get(f"/v1/uploads/{id}").json()["code"])


def test_delete_takes_the_file_along(server, http, stem):
    about = server.upload(stem, http=http)
    assert http.delete(f"/v1/uploads/{about['id']}").status_code == 204
    problem(http.get(f"/v1/uploads/{about['id']}"), 404, "no_such_upload")
    assert not [it for it in left(server) if it.startswith(about["id"])]


def test_a_client_that_goes_away_leaves_nothing(server, stem):
    before = left(server)
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"POST /v1/uploads HTTP/1.1\r\nHost: localhost\r\n")
        line.sendall(b"Content-Length: 100000\r\n\r\n" + stem[:5000])
    server.upload(stem)  # so the server has been round once
    assert len(left(server)) == len(before) + 1


def test_uploads_of_unknown_length_may_come_at_the_same_time(server, stem):
    def send(_):
        pieces = (stem[place : place + 20_000] for place in range(0, len(stem), 20_000))
        return server.http.post("/v1/uploads", content=pieces).status_code

    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(send, range(8))) == {201}
