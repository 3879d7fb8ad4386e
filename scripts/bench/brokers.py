"""The two brokers: how to start each on fresh or kept storage. Both listen on free ports of 127.0.0.1."""
import os
import random
import shlex
import shutil
import socket
import subprocess
import time

import measure
import wire

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def free_port():
    """A port below those of outgoing connections: who polls one of these until somebody listens may get
    connected to itself, and then the broker cannot bind it."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


class Broker:
    """A broker process; subclasses say how it is prepared and started."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, self.name)
        self.data = os.path.join(self.directory, "data")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    def reset(self):
        """Leaves fresh storage."""
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        self.prepare()

    def start(self, settings=None):
        """With settings other than usual. -> (seconds to the first answered request, seconds to Metadata)"""
        since = time.monotonic()
        self.begin(settings)
        try:
            return wire.wait_answering(self.address, since, self.process)
        except (RuntimeError, TimeoutError) as e:
            with open(os.path.join(self.directory, "stdout.log"), errors="replace") as log:
                raise RuntimeError(f"{self.name}: {e}\n{log.read()[-2000:]}") from e

    def begin(self, settings=None):
        """Starts the process and waits for nothing."""
        with open(os.path.join(self.directory, "stdout.log"), "ab") as log:
            # In a session of its own: Ctrl-C must end the benchmark, which then ends the brokers.
            self.process = subprocess.Popen(self.command(settings or {}), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, cwd=self.directory,
                                            start_new_session=True)

    def stop(self):
        """-> seconds"""
        seconds = measure.stop(self.process)
        self.process = None
        return seconds

    def kill(self):
        """kill -9; the data stays."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def end(self):
        """Whatever the state: no process, no data."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def files_of(self, topic):
        for folder in os.listdir(self.data):
            if folder.startswith(topic + "-"):
                for name in os.listdir(os.path.join(self.data, folder)):
                    yield os.path.join(self.data, folder, name)


class Millrace(Broker):
    name = "millrace"

    def prepare(self):
        pass

    def command(self, settings):
        settings = {"log.dirs": self.data, "listeners": f"PLAINTEXT://{self.address}",
                    "http.port": "0", "internal.port": "0", "cluster.port": "0", **settings}
        return [os.path.join(ROOT, "scripts", "start.sh"),
                *(arg for k, v in settings.items() for arg in ("--set", f"{k}={v}"))]


class Kafka(Broker):
    """KRaft, broker and controller in one process; the values of Kafka's shipped configuration, its
    default heap and garbage collector."""
    name = "kafka"

    def __init__(self, directory, libs):
        super().__init__(directory)
        self.libs = libs
        self.node, self.controller = 1, free_port()
        self.voters = f"1@127.0.0.1:{self.controller}"

    def prepare(self):
        self.properties = os.path.join(self.directory, "server.properties")
        os.makedirs(os.path.join(self.directory, "logs"))
        with open(self.properties, "w") as f:
            f.write(f"""process.roles=broker,controller
node.id={self.node}
controller.quorum.voters={self.voters}
listeners=PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.controller}
advertised.listeners=PLAINTEXT://{self.address}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={self.data}
num.network.threads=3
num.io.threads=8
socket.send.buffer.bytes=102400
socket.receive.buffer.bytes=102400
socket.request.max.bytes=104857600
num.partitions=1
num.recovery.threads.per.data.dir=2
offsets.topic.replication.factor=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.hours=168
log.segment.bytes=1073741824
log.retention.check.interval.ms=300000
""")
        subprocess.run(
            ["java", "-Xmx256M", f"-Dlog4j2.configurationFile={HERE}/log4j2-client.properties", "-cp",
             f"{self.libs}/*", "kafka.tools.StorageTool", "format", "--config", self.properties,
             "--cluster-id", "MkU3OEVBNTcwNTJENDM2Qg"], check=True, stdout=subprocess.DEVNULL)

    def command(self, settings):
        logs = os.path.join(self.directory, "logs")
        heap = shlex.split(os.environ.get("KAFKA_HEAP_OPTS", "-Xmx1G -Xms1G"))
        return ["java", *heap, "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
                "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent",
                "-XX:MaxInlineLevel=15", "-Djava.awt.headless=true",
                f"-Xlog:gc*:file={logs}/kafkaServer-gc.log:time,tags:filecount=10,filesize=100M",
                f"-Dkafka.logs.dir={logs}", f"-Dlog4j2.configurationFile={HERE}/log4j2-broker.yaml",
                "-cp", f"{self.libs}/*", "kafka.Kafka", self.properties,
                *(arg for k, v in settings.items() for arg in ("--override", f"{k}={v}"))]
