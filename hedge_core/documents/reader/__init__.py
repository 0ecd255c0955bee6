"""One bounded reader for tables that people hand over: files, spreadsheets, JSON and pasted lines.

The steps, each a module: `bounds` and `encoding` before anything is tabulated; `workbook`, `json_file`, `pasted` and
`lines` turn any form into lines of cells; `sections` and `table_finding` find the table in them; `titles` and
`columns` say what each column means; `number_style` decides how numbers are written; `row_kinds` and `transactions`
say what each row is. `holdings` puts them together for the coins that somebody holds.

Whatever could be read in two ways is a `Doubt`; nothing is guessed without one.
"""
