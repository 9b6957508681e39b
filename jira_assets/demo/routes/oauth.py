"""Answer what Atlassian's own servers answer: the consent page, tokens, the sites a token reaches."""

from __future__ import annotations

import html
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec

from jira_assets.demo.data import Json
from jira_assets.demo.http.call import Call
from jira_assets.demo.http.reply import Refusal, Reply, gateway_unauthorized, ok
from jira_assets.demo.oauth import Denied, OAuthServer

HTML = "text/html;charset=UTF-8"
ASKED = ("client_id", "scope", "redirect_uri", "state")


def authorize(call: Call) -> Reply:
    """Answer GET authorize: a page on which a person agrees or not."""
    _check_consent(call)
    missing = set(call.text("scope").split()) - call.site.oauth.app.scopes
    if missing:
        return _back(call, error="invalid_scope", error_description=f"not configured: {sorted(missing)}")
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(call.text(name))}">' for name in ASKED
    )
    scopes = "".join(f"<li>{html.escape(scope)}</li>" for scope in call.text("scope").split())
    account = call.site.accounts.first
    return _page(
        "consent.html",
        app=call.site.oauth.app.name,
        who=account.email,
        site=call.site.name,
        scopes=scopes,
        fields=fields,
    )


def decide(call: Call) -> Reply:
    """Answer the form of that page: send the browser back with a code or with a no."""
    form = {name: values[-1] for name, values in parse_qs(call.raw_body.decode()).items()}
    call = Call(call.site, None, (), {name: [value] for name, value in form.items()})
    _check_consent(call)
    if form.get("decision") != "accept":
        return _back(call, error="access_denied", error_description="User did not authorize the request")
    oauth = call.site.oauth
    code = oauth.consent(call.site.accounts.first, form["scope"].split(), form["redirect_uri"])
    return _back(call, code=code)


def token(call: Call) -> Reply:
    """Answer POST oauth/token."""
    try:
        body = msgspec.json.decode(call.raw_body, type=dict[str, str])
    except msgspec.DecodeError:
        raise _denied(400, "invalid_request", "The body is not JSON.") from None
    try:
        return ok(_grant(call.site.oauth, body))
    except Denied as denied:
        raise _denied(denied.status, denied.error, denied.description) from None


def _grant(oauth: OAuthServer, body: dict[str, str]) -> Json:
    client_id, grant = body.get("client_id", ""), body.get("grant_type", "")
    oauth.check_client(client_id, body.get("client_secret", ""), grant)
    if grant == "authorization_code":
        return oauth.redeem(body.get("code", ""), body.get("redirect_uri", ""))
    if grant == "refresh_token":
        return oauth.refresh(body.get("refresh_token", ""))
    if grant == "client_credentials":
        return oauth.grant_client(client_id)
    raise Denied(400, "unsupported_grant_type", "Unsupported grant type")


def accessible_resources(call: Call) -> Reply:
    """Answer GET oauth/token/accessible-resources."""
    scheme, _, bearer = (call.authorization or "").partition(" ")
    holder = call.site.oauth.holder(bearer) if scheme.lower() == "bearer" else None
    if holder is None:
        raise gateway_unauthorized()
    client = call.site.oauth.client_of(bearer)
    if client is not None and client.sites != "listed":
        if client.sites == "refused":
            raise gateway_unauthorized(403)
        return ok([])
    return ok(call.site.oauth.accessible(holder[1], call.site.name, call.site.render.base_url))


def _check_consent(call: Call) -> None:
    """Refuse on a page what cannot be sent back for lack of an address."""
    app = call.site.oauth.app
    if call.text("client_id") != app.client_id:
        raise _lost(call, "We couldn't identify the app requesting access.")
    if call.text("redirect_uri") not in app.callbacks:
        raise _lost(call, "The redirect_uri is not registered for this app.")


def _back(call: Call, **answer: str) -> Reply:
    target = f"{call.text('redirect_uri')}?{urlencode({**answer, 'state': call.text('state')})}"
    return Reply(302, b"", {"Location": target}, HTML)


def _lost(call: Call, why: str) -> Refusal:
    reply = _page("refused.html", why=why, redirect_uri=call.text("redirect_uri"))
    reply.status = 400
    return Refusal(reply)


def _page(name: str, **values: str) -> Reply:
    marked_up = {"scopes", "fields"}
    shown = {key: value if key in marked_up else html.escape(value) for key, value in values.items()}
    text = (files("jira_assets.demo") / "pages" / name).read_text(encoding="utf-8")
    return Reply(200, Template(text).substitute(shown).encode(), {}, HTML)


def _denied(status: int, error: str, description: str) -> Refusal:
    body: dict[str, Any] = {"error": error, "error_description": description}
    return Refusal(Reply(status, msgspec.json.encode(body), {}, "application/json"))
