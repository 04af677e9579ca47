"""HTML pages from templates."""

import jinja2


def page_templates(folder, filters, **globals):
    """The templates of a folder, for pages that show what strangers wrote.

    What is put into a page is escaped, and a name that nobody gave is an
    error, not nothing.

    Arguments
    ---------
    folder : str or Path
    filters : dict
        Beside jinja's own.
    **globals
        Names that every template knows.

    Returns
    -------
    templates : jinja2.Environment

    Example
    -------
    >>> folder = getfixture("tmp_path")
    >>> _ = (folder / "a.jinja").write_text("{{ text }} {{ 5 | twice }}")
    >>> templates = page_templates(folder, {"twice": lambda n: 2 * n})
    >>> templates.get_template("a.jinja").render(text="<b>")
    '&lt;b&gt; 10'
    """
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= filters
    templates.globals |= globals
    return templates
