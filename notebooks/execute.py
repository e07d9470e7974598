"""Execute every notebook from a clean kernel and store its outputs, without times or machine names.

Each notebook is paired with a script in percent format: the script is what is edited and reviewed.
"""

import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def main(names: list[str]) -> None:
    """Execute the named notebooks, or all of them."""
    for script in sorted(FOLDER.glob("[0-9][0-9]-*.py")):
        if names and script.stem not in names:
            continue
        nbformat.write(executed(script), script.with_suffix(".ipynb"), version=4)
        print(f"executed {script.stem}")


def executed(script: Path) -> nbformat.NotebookNode:
    """Return the notebook of a script with its outputs, from a kernel of its own."""
    notebook = jupytext.read(script)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    notebook.metadata = {"kernelspec": KERNEL, "jupytext": {"formats": "ipynb,py:percent"}}
    place = {"metadata": {"path": str(FOLDER)}}
    client = NotebookClient(notebook, record_timing=False, timeout=120, coalesce_streams=True, resources=place)
    client.execute()  # a slow machine cuts what a cell prints into pieces: they are put together again
    notebook.metadata.pop("language_info", None)
    return notebook


if __name__ == "__main__":
    main(sys.argv[1:])
