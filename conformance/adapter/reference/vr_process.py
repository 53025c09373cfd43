#!/usr/bin/env python3
"""A replica of vr_node.py as a real process: sockets, real timers, and nobody who steps it. Standard library only.

It writes the events that `validate` reads, each before anybody can see its effect. Clients and peers send lines of JSON to
its port. Between events of the spec there are heartbeats, which no event tells of. What is left out: starting again
after a crash, and asking again for what was lost. `--hasty` seeds a defect: the primary executes an op before it is
committed.
"""

import argparse
import asyncio
import json

from vr_node import Refused, Replica


class Hasty(Replica):
    def may_execute(self):
        return self.is_normal_primary() and self.me["commitNumber"] < self.me["opNumber"]


class Process:
    def __init__(self, options):
        self.options = options
        self.ports = dict(peer.split("=") for peer in options.peers.split(","))
        options.defect = options.unsynced = False
        kind = Hasty if options.hasty else Replica
        self.replica = kind({"node": options.node, "peers": list(self.ports), "disk": {}}, options)
        self.events = open(options.events, "w")
        self.seq = 0
        self.writers = {}
        self.clients = {}
        self.heard = asyncio.get_running_loop().time()

    async def take(self, stimulus, *args, received=()):
        """Takes the step if it can, and then whatever it may do by itself."""
        try:
            io = stimulus(*args)
        except Refused:
            return
        shown = [out for operation in io for out in self.replica.disk_done(operation["ioId"])]
        await self.show(shown, received)
        for timer in sorted(self.replica.timers - {"viewChange"}):
            await self.take(self.replica.fire, timer)

    async def show(self, shown, received):
        act = next(out["act"] for out in shown if out["type"] == "event")
        event_id = "%s:1:%d" % (self.options.node, self.seq)
        sends = [(("%s.%d" % (event_id, i)), out) for i, out in enumerate(o for o in shown if o["type"] == "send")]
        event = {"node": self.options.node, "inc": 1, "seq": self.seq, "act": act, "args": self.args, "recv": list(received)}
        event["post"] = {name: self.replica.me[name] for name in ["status", "viewNumber", "opNumber", "commitNumber", "lastNormalView"]}
        event["send"] = [i for i, out in sends if out["to"] != self.options.node]
        self.events.write(json.dumps(event) + "\n")
        self.events.flush()
        self.seq += 1
        self.args = {}
        for message_id, out in sends:
            to = [p for p in self.replica.others if out["to"] in (p, "any")][:1]
            await self.send(to, {"id": message_id, "from": self.options.node, "message": out["message"]})
        for out in shown:
            client = self.clients.pop(out["opId"], None) if out["type"] == "reply" else None
            if client is not None and not client.is_closing():
                client.write(b'{"done":true}\n')

    async def send(self, peers, line):
        for peer in peers:
            try:
                if peer not in self.writers:
                    self.writers[peer] = (await asyncio.open_connection("127.0.0.1", int(self.ports[peer])))[1]
                if self.writers[peer].is_closing():
                    raise OSError("the peer is gone")
                self.writers[peer].write(json.dumps(line).encode() + b"\n")
            except OSError:
                self.writers.pop(peer, None)

    async def connected(self, reader, writer):
        while line := await reader.readline():
            async with self.lock:
                await self.received(json.loads(line), writer)

    async def received(self, line, writer):
        self.args = {}
        if "op" in line:
            self.clients[line["op"]] = writer
            self.args = {"v": line["op"]}
            await self.take(self.replica.happen, self.replica.request, line["op"])
            return
        if self.replica.primary(self.replica.me["viewNumber"]) == line["from"] or "message" in line:
            self.heard = asyncio.get_running_loop().time()
        if "message" in line:
            self.args = {k: v for k, v in line["message"].items() if k != "type"}
            self.args["source"] = self.replica.number(line["from"])
            await self.take(self.replica.deliver, line["from"], line["message"], received=[line["id"]])

    async def beat(self):
        """A primary shows that it works; who has not heard of one for a while starts a view change."""
        while True:
            await asyncio.sleep(self.options.timeout / 5)
            async with self.lock:
                now = asyncio.get_running_loop().time()
                if "viewChange" not in self.replica.timers:
                    await self.send(self.replica.others, {"from": self.options.node})
                # The next primary is the first to lose its patience.
                elif now - self.heard > self.options.timeout * self.replica.number(self.options.node):
                    self.heard = now
                    self.args = {}
                    await self.take(self.replica.fire, "viewChange")

    async def run(self):
        self.lock = asyncio.Lock()
        server = await asyncio.start_server(self.connected, "127.0.0.1", int(self.ports[self.options.node]))
        print("ready", flush=True)
        async with server:
            await self.beat()


async def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--node", required=True, help="r1, r2, …")
    parser.add_argument("--peers", required=True, help="all nodes and their ports: r1=4001,r2=4002,r3=4003")
    parser.add_argument("--events", required=True, help="the file for the events")
    parser.add_argument("--timeout", type=float, default=1.0, help="seconds without a primary before a view change")
    parser.add_argument("--hasty", action="store_true", help="execute before anybody else has the op")
    await Process(parser.parse_args()).run()


if __name__ == "__main__":
    asyncio.run(main())
