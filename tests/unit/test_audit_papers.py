"""Papers in, reports out: each kind of file is read alike, and what is written can be read by other programs."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

import asteroid_repro as ar
from asteroid_repro.cli.commands import app
from asteroid_repro.errors import InputError
from asteroid_repro.printed.reading.documents import read_paper
from asteroid_repro.reporting.audit_formats import json_schema

ROOT = Path(__file__).parents[2]
SOUND = "Pain fell (MD -15.30, 95% CI -25.33 to -5.27, p=0.003)."
WRONG = "The hazard ratio was 0.72 (95% CI 0.60 to 0.85, p=0.3)."
VERDICTS = ["compatible", "contradiction"]


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["audit", *arguments], input=stdin)
    if isinstance(result.exception, InputError):
        return 2, str(result.exception)
    return result.exit_code, result.output


def pdf(*pages: list[str]) -> bytes:
    """Return a PDF of lines of text, one list a page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = " ".join(f"({line.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) Tj T*" for line in lines)
        stream = f"BT /F1 10 Tf 14 TL 40 800 Td {shown} ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        font, number = "<< /Font << /F1 3 0 R >> >>", len(objects)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 840] /Resources {font} /Contents {number} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    start = out.tell()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def written(folder: Path, ending: str) -> Path:
    """Return a paper of one kind with a sound result and a planted error."""
    path = folder / f"paper{ending}"
    if ending == ".docx":
        docx = pytest.importorskip("docx")
        document = docx.Document()
        document.add_paragraph(SOUND)
        cells = document.add_table(rows=1, cols=2).rows[0].cells
        cells[0].text, cells[1].text = "Injury", WRONG
        document.save(str(path))
        return path
    heads = ["Journal of Tests 2026;1:12-34", "Smith et al."]
    texts = {
        ".html": f"<html><head><title>5 (3, 8)</title></head><p>{SOUND}<sup>12,13</sup></p><p>{WRONG}</p></html>",
        ".xml": f"<article><body><sec><p>{SOUND}<xref ref-type='bibr'>4</xref></p><table><tr><td>Injury</td>"
        f"<td>{WRONG}</td></tr></table></sec></body><back><ref-list><ref>1.5 (1.0, 2.0)</ref></ref-list></back>"
        "</article>",
        ".tex": SOUND.replace("-15.30", "$-15.30$").replace("95%", "95\\%") + "\n\n" + WRONG.replace("p=", "$p$ = "),
        ".md": f"# Results\n\n{SOUND}\n\n| outcome | result |\n|---|---|\n| Injury | {WRONG} |\n",
        ".txt": f"{SOUND}\n\n{WRONG}",
    }
    if ending == ".pdf":
        middle = SOUND.index("-25.33")
        first = [*heads, "Some text.", "More.", "Here", SOUND[:middle], "Page 1 of 2"]
        path.write_bytes(pdf(first, [*heads, SOUND[middle:], WRONG, "Nothing more.", "Page 2 of 2"]))
    else:
        path.write_text(texts[ending], encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", [".txt", ".md", ".tex", ".html", ".xml", ".docx", ".pdf"])
def test_every_kind_of_paper_is_read_alike(tmp_path: Path, ending: str) -> None:
    found = ar.audit_text(read_paper(written(tmp_path, ending)))
    assert [row.verdict for row in found.rows] == VERDICTS
    assert [row.found.estimate for row in found.rows] == ["-15.30", "0.72"]
    if ending == ".pdf":
        assert [row.found.place for row in found.rows] == ["page 1", "page 2"]


def test_papers_and_the_standard_input_are_audited_together(tmp_path: Path) -> None:
    one, other = written(tmp_path, ".txt"), written(tmp_path, ".html")
    code, output = run(str(one), "--text", str(other), "--json")
    document = json.loads(output)
    jsonschema.validate(document, json_schema())
    assert code == 1
    assert [found["verdict"] for found in document["results"]] == 2 * VERDICTS
    assert run("-", stdin=SOUND)[0] == 0
    assert run("--text", "-", "--strict", stdin="MD 50 (95% CI 20 to 69)")[0] == 1
    assert "No result" in run("-", stdin="No numbers at all.")[1]


def test_the_schema_fits_lines_and_files_too(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    path.write_text('line,kind,note\n"-5.20 (-10.12, -0.24), p=0.038",wald,x\n,,\n', encoding="utf-8")
    for arguments in (
        ("--file", str(path)),
        ("-5.20 (-10.12, -0.24), p=0.038",),
        ("85.7 (39.2, 162.7)", "--counts", "9/105"),
    ):
        jsonschema.validate(json.loads(run(*arguments, "--json")[1]), json_schema())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("paper.odt", b"x", "must end with one of"),
        ("paper.pdf", b"no pdf", "must be a whole .pdf file"),
        ("paper.docx", b"no zip", "must be a whole .docx file"),
        ("absent.txt", None, "must be a file that can be read"),
    ],
)
def test_a_paper_that_cannot_be_read_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    code, line = run("--text", str(tmp_path / name))
    assert code == 2
    assert said in line
    assert "\n" not in line


def test_the_page_marks_results_in_place_and_lists_what_to_ask(tmp_path: Path) -> None:
    paper, page = written(tmp_path, ".txt"), tmp_path / "audit.html"
    assert run(str(paper), "--report", str(page))[0] == 1
    shown = page.read_text(encoding="utf-8")
    assert '<mark id="result-1">-15.30, 95% CI -25.33 to -5.27, p=0.003<sup>1</sup></mark>' in shown
    assert '<mark class="bad" id="result-2">' in shown
    assert len(re.findall(r"<li>", shown)) == 1
    assert "<script" not in shown
    assert not re.search(r"(?:src|href)=.https?:", shown)


def test_junit_and_sarif_tell_where_and_what(tmp_path: Path) -> None:
    paper = written(tmp_path, ".txt")
    run(str(paper), "--junit", str(tmp_path / "a.xml"), "--sarif", str(tmp_path / "a.sarif"))
    suite = ET.parse(tmp_path / "a.xml").getroot()  # noqa: S314 - written by us
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("2", "1")
    log = json.loads((tmp_path / "a.sarif").read_text(encoding="utf-8"))
    (found,) = log["runs"][0]["results"]
    assert (found["level"], found["ruleId"]) == ("error", "contradiction")
    region = found["locations"][0]["physicalLocation"]["region"]
    line = paper.read_text(encoding="utf-8").splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1].startswith("0.72 (95% CI 0.60 to 0.85")


def on_path() -> dict[str, str]:
    """Return an environment in which the command is found."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _filled(text: str, inputs: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda found: inputs[found[1]], text)


def test_the_github_action_finds_a_planted_error(tmp_path: Path) -> None:
    """Its last step is run as GitHub would run it, by bash with the inputs in the environment."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = action["runs"]["steps"][-1]
    inputs = {name: given.get("default", "") for name, given in action["inputs"].items()}
    sound = tmp_path / "sound.md"
    sound.write_text(SOUND, encoding="utf-8")
    for files, code in (("paper.txt sound.md", 1), ("sound.md", 0)):
        written(tmp_path, ".txt")
        filled = {name: _filled(text, inputs | {"files": files}) for name, text in step["env"].items()}
        done = subprocess.run(
            [str(shutil.which("bash")), "-eo", "pipefail", "-c", step["run"]], cwd=tmp_path, env=on_path() | filled,
            check=False, capture_output=True,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
    assert (tmp_path / "audit.sarif").exists()


def test_the_pre_commit_hook_finds_a_planted_error(tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert {"id", "name", "entry", "language", "types_or"} <= set(hook)
    paper = written(tmp_path, ".md")
    done = subprocess.run([*hook["entry"].split(), str(paper)], env=on_path(), check=False, capture_output=True)
    assert done.returncode == 1
    assert b"contradiction" in done.stdout
