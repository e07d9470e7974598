"""Files as they are: text between separators, workbooks, SPSS, Stata and SAS; nothing in them is interpreted."""
