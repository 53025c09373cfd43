#!/usr/bin/env python3
"""A reference adapter: a cluster of Viewstamped Replication replicas that speaks the adapter protocol.

Standard library only. It holds all replicas and the network between them in one process, and does one step at a time,
as the controller asks: it delivers exactly the message that an action names. `--defect` seeds one defect: state transfer
as the paper has it. A replica that asks for state first cuts its log back to its commit number, and shows no status of
its own while it waits. What is left out: disks, clients and real time.
"""

import argparse
import json
import sys

VERSION = 1
REPLICA_FIELDS = ["status", "log", "viewNumber", "opNumber", "commitNumber", "peerOpNumber", "lastNormalView", "sentDvc", "sentSv"]


def to_itf(value):
    """Plain values as the Informal Trace Format writes them. Maps are written by their owners."""
    if isinstance(value, bool) or isinstance(value, str):
        return value
    if isinstance(value, int):
        return {"#bigint": str(value)}
    if isinstance(value, list):
        return [to_itf(v) for v in value]
    if isinstance(value, dict) and "type" in value:
        return {"tag": value["type"], "value": {k: to_itf(v) for k, v in value.items() if k != "type"}}
    raise ValueError("no form in ITF: %r" % (value,))


def from_itf(value):
    if isinstance(value, list):
        return [from_itf(v) for v in value]
    if isinstance(value, dict):
        if "#bigint" in value:
            return int(value["#bigint"])
        if "tag" in value:
            return {"type": value["tag"], **{k: from_itf(v) for k, v in value["value"].items()}}
        raise ValueError("an unknown form: %r" % (value,))
    return value


def itf_map(pairs):
    return {"#map": [[to_itf(k), v] for k, v in pairs]}


class Refused(Exception):
    """The guard that is false."""


def require(condition, guard):
    if not condition:
        raise Refused(guard)


class Network:
    """Message -> pending deliveries; a delivered message stays, with count 0."""

    def __init__(self):
        self.entries = {}

    @staticmethod
    def key(message):
        return json.dumps(message, sort_keys=True)

    def has(self, message):
        return self.key(message) in self.entries

    def add(self, message, first=1):
        count = self.entries.get(self.key(message))
        self.entries[self.key(message)] = (message, first if count is None else count[1] + 1)

    def require_pending(self, message, kind, dest):
        entry = self.entries.get(self.key(message))
        expected = message.get("type") == kind and message.get("dest") == dest
        require(expected and entry is not None and entry[1] > 0, "no such message is on its way to this replica")

    def discard(self, message):
        known, count = self.entries[self.key(message)]
        self.entries[self.key(message)] = (known, count - 1)

    def delivered(self, kind, dest, view):
        return [m for m, n in self.entries.values() if n == 0 and m["type"] == kind and m["dest"] == dest and m["viewNumber"] == view]


class Cluster:
    def __init__(self, constants, defect):
        self.defect = defect
        self.size = constants["replicas"]
        self.minority = self.size // 2
        self.timer_limit = constants["startViewOnTimerLimit"]
        self.pause_limit = constants["noProgressChangeLimit"]
        self.values = ["v%d" % (i + 1) for i in range(constants["values"])]
        self.replicas = {
            r: {
                "status": "Normal",
                "log": [],
                "viewNumber": 1,
                "opNumber": 0,
                "commitNumber": 0,
                "peerOpNumber": {p: 0 for p in self.all()},
                "lastNormalView": 1,
                "sentDvc": False,
                "sentSv": False,
            }
            for r in self.all()
        }
        self.network = Network()
        self.paused = {r: False for r in self.all()}
        self.pauses = 0
        self.timers = 0
        self.acked = {}

    def all(self):
        return range(1, self.size + 1)

    def primary(self, view):
        return 1 + (view - 1) % self.size

    def broadcast(self, source, message):
        for dest in self.all():
            if dest != source:
                self.network.add({**message, "dest": dest, "source": source})

    def progressing(self, r):
        require(r in self.replicas, "no such replica")
        require(not self.paused[r], "the replica is paused")
        return self.replicas[r]

    def is_normal_primary(self, r):
        me = self.replicas[r]
        return self.primary(me["viewNumber"]) == r and me["status"] == "Normal"

    def require_normal_backup(self, r):
        me = self.replicas[r]
        require(self.primary(me["viewNumber"]) != r and me["status"] == "Normal", "not a backup in normal operation")

    # Normal operation.

    def ReceiveClientRequest(self, r, v):
        me = self.progressing(r)
        require(self.is_normal_primary(r), "not a primary in normal operation")
        require(v in self.values and v not in self.acked, "the value was requested before")
        me["log"] = me["log"] + [v]
        me["opNumber"] = len(me["log"])
        prepare = {"type": "Prepare", "viewNumber": me["viewNumber"], "message": v, "opNumber": me["opNumber"], "commitNumber": me["commitNumber"]}
        self.broadcast(r, prepare)
        self.acked[v] = False

    def ReceivePrepareMsg(self, r, m):
        me = self.progressing(r)
        self.network.require_pending(m, "Prepare", r)
        self.require_normal_backup(r)
        require(m["viewNumber"] == me["viewNumber"], "the Prepare is of another view")
        require(m["opNumber"] == me["opNumber"] + 1, "the Prepare is not of the next op")
        me["log"] = me["log"] + [m["message"]]
        me["opNumber"] = m["opNumber"]
        me["commitNumber"] = m["commitNumber"]
        self.network.discard(m)
        self.network.add({"type": "PrepareOk", "viewNumber": me["viewNumber"], "opNumber": m["opNumber"], "dest": m["source"], "source": r})

    def ReceivePrepareOkMsg(self, r, m):
        me = self.progressing(r)
        self.network.require_pending(m, "PrepareOk", r)
        require(self.is_normal_primary(r), "not a primary in normal operation")
        require(m["viewNumber"] == me["viewNumber"], "the PrepareOk is of another view")
        require(m["opNumber"] > me["peerOpNumber"][m["source"]], "the peer has acknowledged this before")
        me["peerOpNumber"][m["source"]] = m["opNumber"]
        self.network.discard(m)

    def ExecuteOp(self, r):
        me = self.progressing(r)
        require(self.is_normal_primary(r), "not a primary in normal operation")
        require(me["commitNumber"] < me["opNumber"], "everything is executed")
        op = me["commitNumber"] + 1
        require(sum(1 for n in me["peerOpNumber"].values() if n >= op) >= self.minority, "the next op is not committed")
        me["commitNumber"] = op
        self.acked[me["log"][op - 1]] = True

    # View change.

    def start_view_change(self, r, view):
        self.replicas[r].update(viewNumber=view, status="ViewChange", sentDvc=False, sentSv=False)
        self.broadcast(r, {"type": "StartViewChange", "viewNumber": view})

    def TimerSendSVC(self, r):
        require(self.timers < self.timer_limit, "no more timers may fire")
        me = self.progressing(r)
        require(not self.is_normal_primary(r), "a working primary waits for nobody")
        self.timers += 1
        self.start_view_change(r, me["viewNumber"] + 1)

    def receive_higher(self, r, m, kind):
        me = self.progressing(r)
        self.network.require_pending(m, kind, r)
        require(m["viewNumber"] > me["viewNumber"], "the message is not of a later view")
        self.network.discard(m)
        self.start_view_change(r, m["viewNumber"])

    def receive_matching(self, r, m, kind):
        me = self.progressing(r)
        self.network.require_pending(m, kind, r)
        require(me["status"] == "ViewChange", "no view change is going on")
        require(m["viewNumber"] == me["viewNumber"], "the message is of another view")
        self.network.discard(m)

    def ReceiveHigherSVC(self, r, m):
        self.receive_higher(r, m, "StartViewChange")

    def ReceiveMatchingSVC(self, r, m):
        self.receive_matching(r, m, "StartViewChange")

    def ReceiveHigherDVC(self, r, m):
        self.receive_higher(r, m, "DoViewChange")

    def ReceiveMatchingDVC(self, r, m):
        self.receive_matching(r, m, "DoViewChange")

    def SendDVC(self, r):
        me = self.progressing(r)
        require(me["status"] == "ViewChange", "no view change is going on")
        require(not me["sentDvc"], "the DoViewChange was sent before")
        received = self.network.delivered("StartViewChange", r, me["viewNumber"])
        require(len(received) >= self.minority, "too few StartViewChanges")
        dest = self.primary(me["viewNumber"])
        message = {"type": "DoViewChange", "viewNumber": me["viewNumber"], "log": me["log"], "lastNormalVn": me["lastNormalView"]}
        message.update(opNumber=me["opNumber"], commitNumber=me["commitNumber"], dest=dest, source=r)
        me["sentDvc"] = True
        self.network.add(message, first=0 if dest == r else 1)

    def SendSV(self, r):
        me = self.progressing(r)
        require(me["status"] == "ViewChange", "no view change is going on")
        require(not me["sentSv"], "the StartView was sent before")
        received = self.network.delivered("DoViewChange", r, me["viewNumber"])
        require(len(received) >= self.minority + 1, "too few DoViewChanges")
        best = max(received, key=lambda m: (m["lastNormalVn"], m["opNumber"], -m["source"]))
        commit = max(m["commitNumber"] for m in received)
        me.update(status="Normal", log=best["log"], opNumber=len(best["log"]), commitNumber=commit, sentSv=True)
        me.update(peerOpNumber={p: 0 for p in self.all()}, lastNormalView=me["viewNumber"])
        start = {"type": "StartView", "viewNumber": me["viewNumber"], "log": me["log"], "opNumber": me["opNumber"], "commitNumber": commit}
        self.broadcast(r, start)

    def ReceiveSV(self, r, m):
        me = self.progressing(r)
        self.network.require_pending(m, "StartView", r)
        own = m["viewNumber"] == me["viewNumber"] and me["status"] == "ViewChange"
        require(m["viewNumber"] > me["viewNumber"] or own, "the StartView is of a view that was entered before")
        known = me["commitNumber"]
        me.update(status="Normal", viewNumber=m["viewNumber"], log=m["log"], opNumber=m["opNumber"], commitNumber=m["commitNumber"])
        me.update(lastNormalView=m["viewNumber"], sentDvc=False, sentSv=False)
        self.network.discard(m)
        if known < m["opNumber"]:
            ok = {"type": "PrepareOk", "viewNumber": m["viewNumber"], "opNumber": m["opNumber"], "dest": self.primary(m["viewNumber"])}
            self.network.add({**ok, "source": r})

    # State transfer.

    def SendGetState(self, r, m):
        me = self.progressing(r)
        self.network.require_pending(m, "Prepare", r)
        self.require_normal_backup(r)
        require(m["viewNumber"] > me["viewNumber"], "the Prepare is not of a later view")
        require(m["opNumber"] > me["opNumber"] + 1, "the Prepare leaves no gap")
        known = min(me["commitNumber"], len(me["log"])) if self.defect else me["commitNumber"]
        request = {"type": "GetState", "viewNumber": m["viewNumber"], "opNumber": known, "dest": "any", "source": r}
        require(not self.network.has(request), "this state was asked for before")
        if self.defect:
            me["log"] = me["log"][:known]
            me["opNumber"] = known
        else:
            me["status"] = "StateTransfer"
        self.network.add(request)

    def ReceiveGetState(self, r, m):
        me = self.progressing(r)
        self.network.require_pending(m, "GetState", "any")
        require(m["source"] != r, "the replica asks itself")
        require(me["status"] == "Normal", "not in normal operation")
        require(me["viewNumber"] == m["viewNumber"], "the GetState is of another view")
        require(me["opNumber"] > m["opNumber"], "there is nothing to send")
        answer = {"type": "NewState", "viewNumber": me["viewNumber"], "log": me["log"][m["opNumber"] :], "firstOp": m["opNumber"] + 1}
        answer.update(opNumber=me["opNumber"], commitNumber=me["commitNumber"], dest=m["source"], source=r)
        self.network.discard(m)
        self.network.add(answer)

    def ReceiveNewState(self, r, m):
        require(r in self.replicas, "no such replica")
        me = self.replicas[r]
        self.network.require_pending(m, "NewState", r)
        require(me["status"] == ("Normal" if self.defect else "StateTransfer"), "no state is waited for")
        self.progressing(r)
        require(m["viewNumber"] > me["viewNumber"], "the state is not of a later view")
        fits = me["opNumber"] == m["firstOp"] - 1 if self.defect else len(me["log"]) >= m["firstOp"] - 1
        require(fits, "the state leaves a hole in the log")
        me["log"] = me["log"][: m["firstOp"] - 1] + m["log"]
        me.update(status="Normal", viewNumber=m["viewNumber"], lastNormalView=m["viewNumber"])
        me.update(opNumber=m["opNumber"], commitNumber=m["commitNumber"])
        self.network.discard(m)

    def NoProgressChange(self, paused):
        require(self.pauses < self.pause_limit, "no more pauses")
        require(len(paused) <= self.minority, "more than a minority")
        self.paused = {r: r in paused for r in self.all()}
        self.pauses += 1

    def state(self):
        def replica(values):
            known = {k: to_itf(v) for k, v in values.items() if k != "peerOpNumber"}
            return {**known, "peerOpNumber": itf_map((p, to_itf(n)) for p, n in values["peerOpNumber"].items())}

        return {
            "replicas": itf_map((r, replica(values)) for r, values in self.replicas.items()),
            "messages": {"#map": [[to_itf(m), to_itf(n)] for m, n in self.network.entries.values()]},
            "noProgress": itf_map((r, p) for r, p in self.paused.items()),
            "noProgressCtr": to_itf(self.pauses),
            "auxSvc": to_itf(self.timers),
            "auxClientAcked": itf_map(sorted(self.acked.items())),
        }


ACTIONS = [name for name in vars(Cluster) if name[0].isupper()]


class Adapter:
    def __init__(self, defect):
        self.defect = defect
        self.cluster = None

    def answer(self, request):
        kind = request["type"]
        if kind == "hello":
            return {"type": "hello_ok", "version": VERSION, "name": "vr_replica.py", "actions": ACTIONS, "unobserved": []}
        if kind == "init":
            self.cluster = Cluster(request["constants"], self.defect)
            return {"type": "init_ok"}
        if kind == "bye":
            return {"type": "bye_ok"}
        if self.cluster is None:
            return {"type": "error", "code": "not-initialised", "text": "init comes first"}
        if kind == "observe":
            return {"type": "state", "state": self.cluster.state()}
        if kind == "action" and request["name"] in ACTIONS:
            args = {name: from_itf(value) for name, value in request["args"].items()}
            try:
                getattr(self.cluster, request["name"])(**args)
            except Refused as refused:
                return {"type": "refused", "guard": str(refused)}
            return {"type": "ok"}
        return {"type": "error", "code": "not-supported", "text": "unknown: %s" % request.get("name", kind)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--defect", action="store_true", help="cut the log before asking for state, as the paper has it")
    adapter = Adapter(parser.parse_args().defect)
    # The loop ends with `bye`, or when the controller goes away and closes the pipe.
    for line in sys.stdin:
        request = json.loads(line)
        answer = adapter.answer(request)
        sys.stdout.write(json.dumps({**answer, "in_reply_to": request["msg_id"]}, separators=(",", ":")) + "\n")
        sys.stdout.flush()
        if request["type"] == "bye":
            return


if __name__ == "__main__":
    main()
