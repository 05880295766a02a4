"""Reports about texts, made by the text statistics tool."""

def text_reports(name, texts):
    """Makes <text>.json out of <text>.txt with one action each, and a filegroup of them all.

    Args:
      name: the filegroup
      texts: names of the texts, without suffix
    """
    for text in texts:
        native.genrule(
            name = text + "_report",
            srcs = [text + ".txt"],
            outs = [text + ".json"],
            cmd = "$(execpath //app:textstats) --json $(SRCS) > $@",
            tools = ["//app:textstats"],
        )
    native.filegroup(
        name = name,
        srcs = [text + ".json" for text in texts],
    )
