#!/usr/bin/env python3
"""Connects a real application with a true OAuth grant, executes in it, lets its access token end, and executes again.

    python3 -m venv /tmp/pretix && /tmp/pretix/bin/pip install pretix      # about 2 minutes, once
    python3 bench/pretix.py target/debug/tenon /tmp/pretix/bin/python [DATA_DIR]

Starts pretix on 127.0.0.1:8345 on a migrated SQLite file (kept in DATA_DIR between runs; migrating takes minutes) and Tenon on a
free port with the connector of examples/connectors/pretix. Prints a line for each step and ends with a non-zero status where one fails.
"""
import html, http.cookiejar, json, os, pathlib, re, subprocess, sys, tempfile, time
import urllib.error, urllib.parse, urllib.request

PRETIX = "http://127.0.0.1:8345"
ROOT = pathlib.Path(__file__).resolve().parent.parent
SECRET = "a-secret-that-only-this-run-knows"
SEED = """
from django_scopes import scopes_disabled
from pretix.api.models import OAuthApplication
from pretix.base.models import Organizer, Team, User
with scopes_disabled():
    user = User.objects.filter(email='ada@example.com').first() or User.objects.create_superuser('ada@example.com', 'ada')
    organizer, _ = Organizer.objects.get_or_create(slug='acme', defaults=dict(name='Acme'))
    rights = {f.name: True for f in Team._meta.get_fields() if f.name.startswith(('can_', 'all_'))}
    team, _ = Team.objects.get_or_create(organizer=organizer, name='Admins', defaults=rights)
    team.members.add(user)
    OAuthApplication.objects.filter(name='tenon').delete()
    app = OAuthApplication(name='tenon', user=user, client_type='confidential', authorization_grant_type='authorization-code', redirect_uris='%s')
    app.client_secret = '%s'
    app.save()
    print('CLIENT', app.client_id)
"""
END_TOKENS = """
from datetime import timedelta
from django.utils.timezone import now
from pretix.api.models import OAuthAccessToken
print('ENDED', OAuthAccessToken.objects.update(expires=now() - timedelta(minutes=1)))
"""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def fetch(opener, url, data=None, headers=None, method=None):
    if isinstance(data, dict):
        data = urllib.parse.urlencode(data, doseq=True).encode()
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        return opener.open(request)
    except urllib.error.HTTPError as answer:
        return answer


def said(step, what=""):
    print(f"{step:34} {what}", flush=True)


def must(condition, step, what=""):
    if not condition:
        sys.exit(f"FAILED {step}: {what}")
    said(step, what)


class Pretix:
    def __init__(self, python, folder):
        self.python, self.folder = python, folder
        (folder / "data").mkdir(parents=True, exist_ok=True)
        config = folder / "pretix.cfg"
        # Without debug it refuses redirect URIs by http.
        config.write_text(
            f"[pretix]\nurl={PRETIX}\ndatadir={folder}/data\n[database]\nbackend=sqlite3\n[django]\ndebug=on\n"
        )
        self.environment = {**os.environ, "PRETIX_CONFIG_FILE": str(config)}
        log = open(folder / "pretix.log", "w")
        subprocess.run([python, "-m", "pretix", "migrate"], env=self.environment, stdout=log, stderr=log, check=True)
        serve = [python, "-m", "pretix", "runserver", "--noreload", "127.0.0.1:8345"]
        self.server = subprocess.Popen(serve, env=self.environment, stdout=log, stderr=log)

    def shell(self, text):
        done = subprocess.run(
            [self.python, "-m", "pretix", "shell"], env=self.environment, input=text, capture_output=True, text=True
        )
        return done.stdout

    def wait(self):
        for _ in range(600):
            try:
                return urllib.request.urlopen(PRETIX + "/control/login")
            except OSError:
                time.sleep(0.1)
        sys.exit("pretix does not come up")

    def consent(self, url):
        """What a person does in a browser: log in, allow. Returns where pretix sends them."""
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        browser = urllib.request.build_opener(jar, NoRedirect)
        page = fetch(browser, PRETIX + "/control/login").read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"csrfmiddlewaretoken": token, "email": "ada@example.com", "password": "ada"}
        fetch(browser, PRETIX + "/control/login", form, {"Referer": PRETIX + "/control/login"})
        page = fetch(browser, url).read().decode()
        inputs = re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', page)
        form = {name: html.unescape(value) for name, value in inputs}
        form["organizers"] = re.findall(r'name="organizers"[^>]*value="(\d+)"', page)
        form["allow"] = "Authorize"
        return fetch(browser, url, form, {"Referer": url}).headers["location"]


class Tenon:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        connectors = folder / "connectors"
        connectors.mkdir()
        (connectors / "pretix").symlink_to(ROOT / "examples/connectors/pretix")
        self.server = subprocess.Popen(
            [binary, "serve", "--listen", f"127.0.0.1:{port}", "--data-dir", folder / "data", "--public-url", self.base,
             "--connectors", connectors, "--dangerously-allow-private-networks", "127.0.0.0/8"],
            stdout=subprocess.DEVNULL, stderr=open(folder / "tenon.log", "w"),
        )
        for _ in range(100):
            try:
                urllib.request.urlopen(self.base + "/readyz")
                break
            except OSError:
                time.sleep(0.1)
        self.opener = urllib.request.build_opener(NoRedirect)
        self.key = json.loads(self.cli("api-key", "create", "--json"))["api_key"]

    def cli(self, *args, stdin=None):
        command = [self.binary, *args, "--data-dir", str(self.folder / "data")]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(map(str, command))}: {done.stderr}")
        return done.stdout

    def call(self, method, path, body=None):
        headers = {"x-api-key": self.key, "linked_account_id": "ada", "content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        answer = fetch(self.opener, self.base + path, data, headers, method)
        return answer.status, json.loads(answer.read() or b"null")

    def execute(self, action, body):
        return self.call("POST", f"/api/v2/integration-schema/pretix/actions/{action}/execute", body)

    def page(self, url, cookie=None, form=None):
        headers = {"Cookie": cookie} if cookie else {}
        if form is not None:
            headers["Origin"] = self.base
        return fetch(self.opener, urllib.parse.urljoin(self.base, url), form, headers)


def free_port():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def connect(tenon, pretix):
    status, link = tenon.call("GET", "/api/v2/public/linked-account/integration/oauth-url/pretix")
    must(status == 200, "a link into the connect pages", link)
    opened = tenon.page(link["auth_url"])
    cookie = opened.headers["set-cookie"].split(";")[0]
    clean = opened.headers["location"]
    must("__Host-connect=" in cookie, "opened once, bound to a browser", clean)
    must(tenon.page(link["auth_url"]).status >= 400, "the link opens no second time")
    consent = tenon.page(clean, cookie)
    while consent.headers["location"]:
        clean = consent.headers["location"]
        consent = tenon.page(clean, cookie)
    page = consent.read().decode()
    must("pretix" in page and "ada" in page, "the page names application and account")
    action = html.unescape(re.search(r'<form method="post" action="([^"]+)"', page)[1])
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    leaving = tenon.page(action, cookie, form).read().decode()
    vendor = html.unescape(re.search(r'<a class="button" href="([^"]+)"', leaving)[1])
    must("code_challenge_method=S256" in vendor, "on the way to pretix, with PKCE")
    back = pretix.consent(vendor)
    must(back.startswith(tenon.base + "/api/v1/pretix/callback"), "consented in pretix, sent back")
    returned = tenon.page(back, cookie)
    location = returned.headers["location"] or ""
    for _ in range(3):
        if "connect_confirm=" in location or not location:
            break
        returned = tenon.page(location, cookie)
        location = returned.headers["location"] or ""
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
    if "connect_confirm" not in query:
        print(returned.status, returned.headers, returned.read().decode()[:1500])
    must("connect_confirm" in query, "back at the tenant's page", location.split("?")[0])
    body = {"attempt": query["connect_attempt"], "confirm": query["connect_confirm"]}
    status, confirmed = tenon.call("POST", "/api/v2/public/connect-confirm", body)
    must(status == 200, "the account's own user confirms", confirmed)


def run(tenon, pretix, client):
    tenon.cli("environment", "set", "--redirect-url", "http://127.0.0.1:1/done")
    tenon.cli("oauth-client", "set", "pretix", "--client-id", client, stdin=SECRET)
    tenon.call("POST", "/api/v2/public/linked-account", {"linked_account_id": "ada"})
    connect(tenon, pretix)
    _, (connection,) = tenon.call("GET", "/api/v2/public/connection")
    must(connection["account_name"] == "ada@example.com", "whose it is", connection["account_name"])
    slug = f"conf-{int(time.time())}"
    event = {"organizer": "acme", "slug": slug, "name": "Conference", "date_from": "2027-01-01T10:00:00Z"}
    _, made = tenon.execute("create_event", event)
    must(made.get("http_status") == 201, "an event is created", made.get("data", made).get("slug"))
    must("ENDED" in pretix.shell(END_TOKENS), "its access token ends")
    _, listed = tenon.execute("list_events", {"organizer": "acme"})
    slugs = [one["slug"] for one in (listed.get("data") or {}).get("results", [])]
    must(slug in slugs, "executed again, renewed on the way", listed.get("http_status"))
    _, renewed = tenon.call("POST", f"/api/v2/public/connection/{connection['connection_id']}/refresh")
    must(renewed.get("status") == "active", "renewed by hand", renewed.get("expires_at"))
    _, tested = tenon.call("POST", f"/api/v2/public/connection/{connection['connection_id']}/test")
    must(tested.get("works") is True, "tested", tested.get("identifier"))
    _, removed = tenon.call("DELETE", f"/api/v2/public/connection/{connection['connection_id']}")
    must(removed.get("revocation") == "revoked", "removed and revoked at pretix", removed.get("http_status"))
    _, timeline = tenon.call("GET", f"/api/v2/public/connection/{connection['connection_id']}/timeline")
    said("its timeline", " ".join(event["event"] for event in reversed(timeline["docs"])))
    log = (tenon.folder / "tenon.log").read_text()
    must(SECRET not in log, "no secret in the log")


def main():
    binary, python = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as temporary:
        kept = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else temporary).resolve()
        pretix = Pretix(python, kept)
        tenon = Tenon(binary, pathlib.Path(temporary))
        try:
            pretix.wait()
            client = pretix.shell(SEED % (tenon.base + "/api/v1/pretix/callback", SECRET))
            run(tenon, pretix, re.search(r"CLIENT (\S+)", client)[1])
        finally:
            pretix.server.terminate()
            tenon.server.terminate()
            tenon.server.wait()


if __name__ == "__main__":
    main()
