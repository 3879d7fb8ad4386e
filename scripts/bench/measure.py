"""Processes, their CPU and memory from /proc, and the record of all figures."""
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time

TICK = os.sysconf("SC_CLK_TCK")
# Other processes than broker and client may take this share of the machine, else a run is repeated.
DISTURBED_PCT = float(os.environ.get("BENCH_OTHER_PCT", 6))


def note(text):
    print(f"# {text}", file=sys.stderr, flush=True)


def cpu_seconds(pid):
    """User and system CPU seconds of all threads of the process so far."""
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024


def machine_cpu():
    """-> (busy, total) CPU seconds of the whole machine so far."""
    with open("/proc/stat") as f:
        user, nice, system, idle, iowait, irq, softirq, steal = (
            int(x) / TICK for x in f.readline().split()[1:9])
    busy = user + nice + system + irq + softirq
    return busy, busy + idle + iowait + steal


def wait_quiet(max_wait=30, limit_pct=12):
    """Waits until the machine is almost idle for a second; goes on after max_wait all the same."""
    end = time.monotonic() + max_wait
    while time.monotonic() < end:
        busy, total = machine_cpu()
        time.sleep(1)
        busy2, total2 = machine_cpu()
        if 100 * (busy2 - busy) / (total2 - total) < limit_pct:
            return


class Meter:
    """with Meter(pid) as m: ...; then m.cpu (CPU seconds of the broker), m.wall and m.other_pct: the
    share of the machine that went to neither the broker, this process nor its ended children."""

    def __init__(self, pid):
        self.pid = pid

    def _now(self):
        return cpu_seconds(self.pid), sum(os.times()[:4]), *machine_cpu(), time.monotonic()

    def __enter__(self):
        self.before = self._now()
        return self

    def __exit__(self, *exc):
        self.cpu, own, busy, total, self.wall = (
            now - then for then, now in zip(self.before, self._now()))
        self.other_pct = max(0.0, 100 * (busy - self.cpu - own) / total)


def measured(pid, run, attempts=3):
    """Runs on a quiet machine. -> (its result, Meter). Repeats what others disturbed; the last one counts."""
    for left in reversed(range(attempts)):
        wait_quiet()
        with Meter(pid) as m:
            result = run()
        if m.other_pct <= DISTURBED_PCT or not left:
            return result, m
        note(f"disturbed: other processes took {m.other_pct:.1f} % of the CPU; again")


class Client:
    """A Java client: start() and wait(), or run(). Keeps its output and its CPU seconds."""

    def __init__(self, command, timeout=600):
        self.command, self.timeout, self.lines = command, timeout, []

    def start(self, apart=False):
        """apart: in a session of its own, as brokers are. Where the kernel groups processes by session (autogroup),
        each session has the same claim to the processors, so a server among the clients would have less than one apart."""
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, start_new_session=apart)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def await_line(self, prefix):
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            for line in list(self.lines):
                if line.startswith(prefix):
                    return line
            if self.process.poll() is not None and not self.reader.is_alive():
                break
            time.sleep(0.01)
        raise RuntimeError(f"no {prefix!r} from {self.command[-8:]}:\n" + "\n".join(self.lines[-20:]))

    def wait(self):
        timer = threading.Timer(self.timeout, self.process.kill)
        timer.start()
        try:
            _, status, usage = os.wait4(self.process.pid, 0)
        except BaseException:
            self.process.kill()
            raise
        finally:
            timer.cancel()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.reader.join(10)
        self.cpu = usage.ru_utime + usage.ru_stime
        if self.process.returncode != 0:
            raise RuntimeError(f"{self.command[-8:]} ended with {self.process.returncode}:\n"
                               + "\n".join(self.lines[-20:]))
        return self

    def run(self):
        return self.start().wait()

    def stop(self):
        self.process.kill()
        self.process.wait()

    def values(self, prefix):
        """The name=value pairs of the line that starts with the prefix."""
        return self._pairs(self.await_line(prefix))

    def all_values(self, prefix):
        """Those of every such line, once the client has ended."""
        return [self._pairs(line) for line in self.lines if line.startswith(prefix)]

    @staticmethod
    def _pairs(line):
        return {k: float(v) for k, v in (pair.split("=") for pair in line.split()[1:])}


def stop(process, sig=signal.SIGTERM, timeout=120):
    """Ends a process of ours. -> seconds it took"""
    since = time.monotonic()
    process.send_signal(sig)
    process.wait(timeout)
    return time.monotonic() - since


class Record:
    """All figures of a run, by figure and broker; every value goes to the TSV file at once."""

    def __init__(self, path):
        self.path, self.values, self.units = path, {}, {}

    def add(self, broker, figure, value, unit):
        self.values.setdefault(figure, {}).setdefault(broker, []).append(float(value))
        self.units[figure] = unit
        note(f"{broker:8} {figure} = {value:.4g} {unit}")
        with open(self.path, "a") as f:
            f.write(f"{broker}\t{figure}\t{value:.6g}\t{unit}\n")

    def median(self, broker, figure):
        values = self.values.get(figure, {}).get(broker)
        return statistics.median(values) if values else None
