"""Constructs of SQL that conditions do not have, each with the reason."""

from __future__ import annotations

from sqlglot import exp

UNSUPPORTED: dict[type, str] = {
    exp.Lower: "LOWER, because the engines and their versions fold the case of some letters differently",
    exp.Upper: "UPPER, because the engines and their versions fold the case of some letters differently",
    exp.Round: "ROUND, because the engines round halves of doubles differently",
    exp.Greatest: "GREATEST, because NULL arguments give NULL in Flink and are skipped in Spark",
    exp.Least: "LEAST, because NULL arguments give NULL in Flink and are skipped in Spark",
    exp.Cast: "CAST, because texts that are no numbers fail in Spark and give NULL in Flink",
    exp.DPipe: "||, because a condition compares fields and does not build texts",
    exp.ILike: "ILIKE, because the engines fold the case of some letters differently",
    exp.RegexpLike: "RLIKE, because the engines' regular expressions differ",
    exp.Case: "CASE; write it with AND and OR",
    exp.Select: "a query; a condition reads the fields of one event",
    exp.Subquery: "a query; a condition reads the fields of one event",
}
