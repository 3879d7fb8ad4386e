"""The table: min, median and max of every figure and the ratio of the medians, Millrace to Kafka."""
import re
import statistics

# What Millrace aims at, as the ratio of the medians: (figure, at most or at least, limit).
RATIOS = [
    (r"produce\..*\.default\.cpu_s_per_gb", "<=", 0.4),
    (r"produce\..*\.64k\.cpu_s_per_gb", "<=", 0.5),
    (r"produce\..*\.records_s", ">=", 1.0),
    (r"consume\..*\.cpu_s_per_gb", "<=", 1.0),
    (r"consume\..*\.mb_s", ">=", 1.0),
    (r"fanout\..*\.cpu_s_per_gb_in", "<=", 0.4),
    (r"one\..*\.cpu_us_per_message", "<=", 0.4),
    (r"one\.ack_p(50|99)_us", "<=", 0.6),
    (r"partitions\.1000\.create_available_s", "<=", 0.2),
    (r"partitions\.5000\.restart_available_s", "<=", 0.25),
    (r"compaction\.(none|lz4)\.cleaned_mb_s", ">=", 1.5),
    (r"recovery\.available_s", "<=", 0.5),
    (r"partitions\.20000\.killed_available_s", "<=", 0.5),
    (r"commits\..*\.cpu_us_per_commit", "<=", 0.5),
    # Not later: both wait for one and the same heartbeat or delay, give or take some milliseconds.
    (r"newmember\.owned_s", "<=", 1.02),
    (r"form\.50members_s", "<=", 1.02),
    (r"groupconsume\..*B\.cpu_s_per_gb", "<=", 1.0),
    (r"groupconsume\..*B\.mb_s", ">=", 1.0),
    (r"groupconsume\..*\.cpu_s_per_gb_in", "<=", 0.4),
    (r"replicated\..*p\.records_s", ">=", 1.5),
    (r"replicated\..*\.cpu_s_per_gb", "<=", 0.5),
    (r"replicated\.one\.cpu_us_per_message", "<=", 0.4),
    (r"replicated\.one\.ack_p(50|99)_us", "<=", 0.6),
    (r"link\..*\.records_s", ">=", 3.0),
    (r"transactions\..node(s)?\.tps", ">=", 1.5),
    (r"transactions\..node(s)?\.commit_p(50|99)_us", "<=", 0.7),
    (r"transactions\..node(s)?\.cpu_us_per_transaction", "<=", 0.6),
    (r"flush\.16producers\.records_s", ">=", 5.0),
]
# And as values of its own.
VALUES = [
    (r"start\.first_answer_s", "<=", 1.2),
    (r"idle\.rss_mib", "<=", 200 * 1e6 / 2**20),
    (r"parked\.1000\.cpu_pct", "<=", 1.0),
    (r"heartbeats\..*\.cpu_pct", "<=", 15.0),
    (r"newmember\.owned_s", "<=", 2 * 5 + 0.5),
    (r"newmember\.others_stopped_s", "<=", 0.0),
    (r"cluster\.start_s", "<=", 5.0),
    (r"cluster\.idle_cpu_pct", "<=", 3.0),
    (r"cluster\.topics_s", ">=", 200.0),
    (r"cluster\..*partitions\.available_s", "<=", 3.0),
    (r"cluster\.failover_s", "<=", 2.0),
    (r"replicated\.unavailable\.kill_s", "<=", 2.0),
    (r"replicated\.unavailable\.pause_s", "<=", 8.0),
    (r"replicated\.unavailable\.stop_s", "<=", 0.2),
    (r"load\.1m_offsets\.load_s", "<=", 2.0),
    (r"segments\.most", "<=", 3.0),
    (r"transactions\.bulk\.to_plain", ">=", 0.95),
    (r"transactions\.recovery_s", "<=", 5),
    (r"compaction\..*\.produce_p99_during_to_idle", "<=", 1.5),
    (r"partitions\.20000\.restart_available_s", "<=", 8.0),
    (r"partitions\.20000\.restart_heap_mib", "<=", 512.0),
    (r"cold\.(bare\.)?produce_p99_during_to_idle", "<=", 1.5),
]


def table(record, brokers):
    """-> Markdown"""
    head = ["figure", "unit", *(f"{b} min / median / max" for b in brokers)]
    both = "millrace" in brokers and "kafka" in brokers
    if both:
        head.append("ratio")
    head.append("target")
    lines = ["| " + " | ".join(head) + " |",
             "|---|---|" + "---:|" * (len(head) - 3) + "---|"]
    for figure, values in record.values.items():
        row = [figure, record.units[figure]]
        for broker in brokers:
            v = values.get(broker)
            row.append(" / ".join(number(x) for x in (min(v), statistics.median(v), max(v))) if v else "")
        ratio = None
        if both:
            ours, theirs = record.median("millrace", figure), record.median("kafka", figure)
            if ours is not None and theirs:
                ratio = ours / theirs
            row.append(f"{ratio:.2f}" if ratio is not None else "")
        row.append(target(figure, ratio, record.median("millrace", figure)))
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def target(figure, ratio, value):
    targets = []
    for rules, actual, what in ((RATIOS, ratio, "ratio"), (VALUES, value, "value")):
        for pattern, relation, limit in rules:
            if re.fullmatch(pattern, figure):
                targets.append(f"{what} {relation} {limit:.4g}")
                if actual is not None:
                    met = actual <= limit if relation == "<=" else actual >= limit
                    targets[-1] += ": met" if met else ": **missed**"
    return ", ".join(targets)


def number(x):
    if x == 0:
        return "0"
    if abs(x) >= 1000:
        return f"{x:,.0f}"
    return f"{x:.3g}"
