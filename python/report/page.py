"""The HTML page: one file, no script, no external resource, light and dark."""

import datetime
from html import escape

import numpy as np

from . import style

CSS = """
:root { --ink:#1c1e21; --soft:#5b6168; --paper:#fff; --line:#dfe2e6; --tint:#f5f6f8; --good:#e3f3e6; --goodink:#12602a; --warn:#fff4da; --link:#0b57a4 }
@media (prefers-color-scheme: dark) { :root { --ink:#e6e7e9; --soft:#a3a9b1; --paper:#16181b; --line:#34383e; --tint:#1f2226; --good:#173a22; --goodink:#9be0ae;
  --warn:#3d3316; --link:#7db7f0 } }
* { box-sizing:border-box } body { margin:0 auto; padding:2rem 1.2rem 4rem; max-width:72rem; background:var(--paper); color:var(--ink);
  font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif }
h1 { font-size:1.8rem; line-height:1.2; margin:0 0 .3rem } h2 { font-size:1.25rem; margin:2.6rem 0 .6rem; padding-top:.4rem; border-top:1px solid var(--line) }
p, li { max-width:46rem } .soft, figcaption { color:var(--soft) } figcaption { font-size:.92rem; max-width:46rem; margin-top:.5rem }
figure { margin:1rem 0 } figure img { width:100%; height:auto; background:#fff; border:1px solid var(--line); border-radius:8px; padding:.5rem }
.scroll { overflow-x:auto } table { border-collapse:collapse; font-size:.9rem; font-variant-numeric:tabular-nums }
th, td { padding:.28rem .65rem; text-align:right; white-space:nowrap; border-bottom:1px solid var(--line) } th { font-weight:600; background:var(--tint); white-space:normal; vertical-align:bottom }
th:first-child, td:first-child { text-align:left; white-space:nowrap } td.best { background:var(--good); color:var(--goodink); font-weight:600 }
caption { text-align:left; font-weight:600; padding:.4rem 0 } dl { display:grid; grid-template-columns:max-content 1fr; gap:.15rem 1.2rem; margin:.5rem 0 }
dt { color:var(--soft) } dd { margin:0; overflow-wrap:anywhere } pre { background:var(--tint); padding:1rem; border-radius:8px; overflow-x:auto; font-size:.85rem }
.note { background:var(--warn); border-radius:8px; padding:.6rem .9rem; max-width:46rem } summary { cursor:pointer; color:var(--link) } code { font-size:.9em }
"""


def number(value, digits=3):
    return "–" if not np.isfinite(value) else f"{value:.{digits}g}"


def estimate(e):
    """Value ± half width of the interval, to two digits of the latter."""
    if not e.known:
        return "–"
    half = 0.5 * (e.hi - e.lo)
    if not np.isfinite(half) or half <= 0:
        return f"{e.value:.4g}"
    decimals = int(np.clip(1 - np.floor(np.log10(half)), 0, 6))
    return f"{e.value:.{decimals}f} ± {half:.{decimals}f}"


def percent(value):
    if not np.isfinite(value):
        return "–"
    x = 100 * value
    return f"{x:+.{2 if abs(x) < 9.995 else 1 if abs(x) < 99.95 else 0}f}".replace("-", "−")


def figure(picture, alt, caption):
    return f'<figure><img src="{style.svg(picture)}" alt="{escape(alt)}"><figcaption>{caption}</figcaption></figure>'


def note(html):
    return f'<p class="note">{html}</p>'


def section(title, *parts):
    return f"<section><h2>{escape(title)}</h2>\n" + "\n".join(p for p in parts if p) + "</section>"


def definitions(pairs):
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>" for k, v in pairs if str(v)) + "</dl>"


def table(results, panels, title, points):
    """One panel: a row per point and population, errors of each closure as r / v in percent, the closest one marked."""
    data = results.data
    several = len(data.populations) > 1
    order = [r.level for r in results.ranking]                  # the exact mass, then the closures from best to worst
    levels = [data.levels[name] for name in sorted(order, key=lambda name: (name != "mass", order.index(name)))]
    head = [panels.label or "run"] + (["population"] if several else []) + [f"r [{data.rate_unit}]"] + (["v"] if results.has_v else [])
    head = "".join(f"<th>{escape(h)}</th>" for h in head)
    head += "".join(f"<th>{escape(style.closure_title(level.closure))}</th>" for level in levels)
    body = ""
    for point in points:
        for population, name in enumerate(data.populations):
            row = results.row(point, population)
            cells = [panels.tick(point) or "1"] + ([name] if several else []) + [estimate(row.r)] + ([estimate(row.v)] if results.has_v else [])
            cells[0] += " !" if row.flagged else ""
            body += "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells)
            best = results.best_of(row)
            for level in levels:
                r_error, v_error, _ = row.levels[level.name].shown_errors
                text = percent(r_error) + (f" / {percent(v_error)}" if results.has_v else "")
                body += f'<td class="best" title="closest">{text} ★</td>' if level.name in best else f"<td>{text}</td>"
            body += "</tr>\n"
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    return f'<div class="scroll"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def ranking_table(results):
    columns = [("stationary [%]", "steady")] + ([("effect of sparsity [%]", "shift")] if results.against_reference else []) + [("after steps [%]", "transient")]
    body = ""
    for ranked in results.ranking:
        values = [getattr(ranked, key) for _, key in columns]
        cells = [style.closure_title(results.data.levels[ranked.level].closure)] + [number(100 * x.mean()) if x.size else "–" for x in values]
        cells.append(f"{max(x.size for x in values)}" + (f" (diverged at {ranked.missing})" if ranked.missing else ""))
        body += "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>"
    head = "".join(f"<th>{escape(h)}</th>" for h in ["closure", *(title for title, _ in columns), "points"])
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def document(title, subtitle, body):
    written = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{CSS}</style></head>\n<body><header><h1>{escape(title)}</h1>'
            f'<p class="soft">{subtitle}</p></header>\n{body}\n<p class="soft">Written {written} by spikemass report.</p></body></html>\n')
