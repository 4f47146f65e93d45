"""The HTML pages whose bodies are measured: the same bytes on every run.

A page looks like an app's list of meetings: navigation, links of its own and to other hosts,
attributes, text, and the same data once more as JSON in a script. One half of the pages holds
the authorize URL once, in the middle; the others hold nothing of it but Zoom's name.
"""

import html
import json
import random
from dataclasses import dataclass

KIB = 1 << 10

WORDS = """
    about account agenda all and answer ask attend audio before between board book break bring call camera change
    chat check class client close coffee company copy daily date day design desk discuss draft early email end
    engineering event every face finance first floor follow for forecast friday from goals group guest half hand
    have host hour idea in interview invite join key kitchen large late launch lead learn leave list long lunch
    make manager marketing meet minute monday month morning new next notes number of office old on open or other
    over people phone plan please prepare present product project quarter question quick read record release remote
    report request review room sales schedule screen second send session share short sign size slides small speak
    sprint start status support sync table talk team test the their thursday time to today together topic training
    travel tuesday two update user video wait walk wednesday week welcome when with work workshop year you your zoom
""".split()


@dataclass
class Page:
    """What the upstream serves at `path`, and what a proxy that rewrites bodies makes of it."""

    path: str
    served: bytes
    rewritten: bytes


def make_pages(url, stripped):
    """Returns every page; those with a match hold `url`, which is to become `stripped`."""
    pages = []
    # One that rescope looks at whole, and one that it streams: the bound is 256 KiB.
    for name, size in (("page", 128 * KIB), ("page-big", 1024 * KIB)):
        for path, found in ((f"/{name}.html", None), (f"/{name}-match.html", url)):
            served = make_page(size, found)
            rewritten = served.replace(attribute(found), attribute(stripped)) if found else served
            pages.append(Page(path, served.encode("ascii"), rewritten.encode("ascii")))
    return pages


def make_page(size, url):
    """Returns a page of `size` bytes that links to `url`, if there is one."""
    chance = random.Random(size)
    text = HEAD
    while len(text) < size / 2:
        text += meeting(chance)
    if url:
        text += f'<a class="button" href="{attribute(url)}">Sign in with Zoom</a>\n'
    while len(text) < size:
        text += meeting(chance)
    return text[: size - len(TAIL)] + TAIL


def attribute(url):
    """Returns `url` as it is spelled in an attribute."""
    return html.escape(url)


def meeting(chance):
    number = chance.randrange(10**10)
    title = " ".join(chance.choices(WORDS, k=chance.randint(2, 6))).capitalize()
    text = " ".join(chance.choices(WORDS, k=chance.randint(10, 60))).capitalize()
    start = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T{chance.randint(7, 18):02}:00:00Z"
    data = json.dumps({"id": number, "title": title, "start": start, "url": f"https://app.example.com/m/{number}"})
    return f"""\
<li class="meeting" id="m{number}" data-start="{start}">
  <h3><a href="/meetings/{number}?tab=notes&amp;from=list">{title}</a></h3>
  <p>{text}. <a href="https://calendar.example.net/event?eid={number:x}&amp;hl=en" rel="noopener">Calendar</a></p>
  <img src="https://cdn.example.com/avatars/{number % 997}.png" alt="" width="32" height="32" loading="lazy">
  <script type="application/json">{data}</script>
</li>
"""


HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Meetings</title>
<link rel="stylesheet" href="/assets/app-5f3c1d.css">
<script src="https://cdn.example.com/app-8d21aa.js" defer></script>
</head>
<body>
<nav><a href="/">Home</a> <a href="/meetings">Meetings</a> <a href="/settings">Settings</a></nav>
<ul>
"""

TAIL = "\n</ul>\n</body>\n</html>\n"
