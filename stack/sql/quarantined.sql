SELECT e.reason, count(*)
FROM warehouse.data_quality_issues e
JOIN demo_range r
    ON e.topic = r.topic AND e.partition = r.partition AND e."offset" >= r.first AND e."offset" < r.last
GROUP BY 1;
