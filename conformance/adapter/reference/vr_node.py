#!/usr/bin/env python3
"""A reference adapter that holds one node: a replica of Viewstamped Replication that speaks the adapter protocol.

Standard library only. The replica knows nothing of a spec. Something happens to it (a message arrives, a timer fires, a
client asks, a write has ended), it changes its variables, writes them to its log file, and shows what it did when the file
is synced. The controller owns the network, the timers and the disk. `--defect` seeds one defect: state transfer as the
paper has it. `--unsynced` is another: what was written is not synced before the others hear of it.
"""

import argparse
import base64
import json
import sys

VERSION = 1
FILE = "log"
VISIBLE = ["status", "log", "viewNumber", "opNumber", "commitNumber", "peerOpNumber", "lastNormalView", "sentDvc", "sentSv"]


class Refused(Exception):
    """Why nothing happens."""


def require(condition, guard):
    if not condition:
        raise Refused(guard)


class Replica:
    def __init__(self, request, options):
        self.options = options
        self.name = request["node"]
        self.peers = request["peers"]
        self.others = [p for p in self.peers if p != self.name]
        self.minority = len(self.peers) // 2
        self.timers = set()
        self.out = []
        self.end_of_file = 0
        self.io = 0
        # What is shown when the last of these operations has ended.
        self.waiting_for = []
        self.held = []
        self.me = self.recovered(request["disk"]) or {
            "status": "Normal",
            "log": [],
            "viewNumber": 1,
            "opNumber": 0,
            "commitNumber": 0,
            "peerOpNumber": {str(self.number(p)): 0 for p in self.peers},
            "lastNormalView": 1,
            "sentDvc": False,
            "sentSv": False,
            # Who sent a StartViewChange for this view, and the DoViewChanges for it, by their senders.
            "startViewChanges": [],
            "doViewChanges": {},
            "asked": [],
        }
        self.set_timers()

    def recovered(self, disk):
        lines = base64.b64decode(disk.get(FILE, "")).split(b"\n")
        self.end_of_file = sum(len(line) + 1 for line in lines[:-1])
        return json.loads(lines[-2]) if len(lines) > 1 else None

    def number(self, peer):
        return 1 + self.peers.index(peer)

    def primary(self, view):
        return self.peers[(view - 1) % len(self.peers)]

    def is_normal_primary(self):
        return self.me["status"] == "Normal" and self.primary(self.me["viewNumber"]) == self.name

    def is_normal_backup(self):
        return self.me["status"] == "Normal" and self.primary(self.me["viewNumber"]) != self.name

    # What it does to the world.

    def event(self, act):
        self.out.append({"type": "event", "act": act})

    def send(self, to, message):
        self.out.append({"type": "send", "to": to, "message": message})

    def broadcast(self, message):
        for peer in self.others:
            self.send(peer, message)

    def set_timers(self):
        """Those of what it may do next by itself; all but the first have no delay."""
        wanted = set() if self.is_normal_primary() else {"viewChange"}
        if self.may_send_dvc():
            wanted.add("sendDoViewChange")
        if self.may_send_sv():
            wanted.add("sendStartView")
        if self.may_execute():
            wanted.add("execute")
        self.out += [{"type": "timer_cancel", "timer": t} for t in sorted(self.timers - wanted)]
        self.out += [{"type": "timer_set", "timer": t} for t in sorted(wanted - self.timers)]
        self.timers = wanted

    def disk(self, op, **fields):
        self.io += 1
        self.waiting_for.append(self.io)
        return {"type": "disk", "ioId": self.io, "op": op, "file": FILE, **fields}

    def show(self):
        out, self.out = self.out, []
        return out

    # What happens to it.

    def happen(self, step, *args):
        """Takes a step, and holds back what it shows until its variables are on the disk."""
        require(not self.waiting_for, "a write has not ended")
        step(*args)
        self.set_timers()
        self.held = self.show()
        data = json.dumps(self.me).encode() + b"\n"
        write = self.disk("write", off=self.end_of_file, data=base64.b64encode(data).decode())
        self.end_of_file += len(data)
        return [write] if self.options.unsynced else [write, self.disk("sync")]

    def disk_done(self, io):
        self.waiting_for.remove(io)
        if self.waiting_for:
            return []
        held, self.held = self.held, []
        return held

    def fire(self, timer):
        require(timer in self.timers and not self.waiting_for, "the timer is not set, or a write has not ended")
        self.timers.remove(timer)
        steps = {"viewChange": self.time_out, "sendDoViewChange": self.send_dvc, "sendStartView": self.send_sv, "execute": self.execute}
        return self.happen(steps[timer])

    def deliver(self, source, message):
        handlers = {
            "Prepare": self.on_prepare,
            "PrepareOk": self.on_prepare_ok,
            "StartViewChange": self.on_start_view_change,
            "DoViewChange": self.on_do_view_change,
            "StartView": self.on_start_view,
            "GetState": self.on_get_state,
            "NewState": self.on_new_state,
        }
        return self.happen(handlers[message["type"]], source, message)

    # Normal operation.

    def request(self, value):
        me = self.me
        require(self.is_normal_primary(), "not a primary in normal operation")
        me["log"].append(value)
        me["opNumber"] = len(me["log"])
        prepare = {"type": "Prepare", "viewNumber": me["viewNumber"], "message": value, "opNumber": me["opNumber"]}
        self.event("ReceiveClientRequest")
        self.broadcast({**prepare, "commitNumber": me["commitNumber"]})

    def on_prepare(self, source, m):
        me = self.me
        require(self.is_normal_backup(), "not a backup in normal operation")
        if m["viewNumber"] == me["viewNumber"] and m["opNumber"] == me["opNumber"] + 1:
            me["log"].append(m["message"])
            me.update(opNumber=m["opNumber"], commitNumber=m["commitNumber"])
            self.event("ReceivePrepareMsg")
            self.send(source, {"type": "PrepareOk", "viewNumber": me["viewNumber"], "opNumber": m["opNumber"]})
            return
        require(m["viewNumber"] > me["viewNumber"], "the Prepare is not of the next op, nor of a later view")
        require(m["opNumber"] > me["opNumber"] + 1, "the Prepare of a later view leaves no gap")
        known = min(me["commitNumber"], len(me["log"]))
        require([m["viewNumber"], known] not in me["asked"], "this state was asked for before")
        me["asked"].append([m["viewNumber"], known])
        if self.options.defect:
            me.update(log=me["log"][:known], opNumber=known)
        else:
            me["status"] = "StateTransfer"
        self.event("SendGetState")
        self.send("any", {"type": "GetState", "viewNumber": m["viewNumber"], "opNumber": known})

    def on_prepare_ok(self, source, m):
        peer = str(self.number(source))
        require(self.is_normal_primary(), "not a primary in normal operation")
        require(m["viewNumber"] == self.me["viewNumber"], "the PrepareOk is of another view")
        require(m["opNumber"] > self.me["peerOpNumber"][peer], "the peer has acknowledged this before")
        self.me["peerOpNumber"][peer] = m["opNumber"]
        self.event("ReceivePrepareOkMsg")

    def may_execute(self):
        me = self.me
        acknowledged = sum(1 for n in me["peerOpNumber"].values() if n > me["commitNumber"])
        return self.is_normal_primary() and me["commitNumber"] < me["opNumber"] and acknowledged >= self.minority

    def execute(self):
        require(self.may_execute(), "the next op is not committed")
        self.me["commitNumber"] += 1
        self.event("ExecuteOp")
        # An operation is its own id, so that whoever executes it can answer.
        self.out.append({"type": "reply", "opId": self.me["log"][self.me["commitNumber"] - 1], "result": self.me["commitNumber"]})

    # View change.

    def enter_view(self, view, status):
        if view > self.me["viewNumber"]:
            self.me.update(startViewChanges=[], doViewChanges={})
        self.me.update(viewNumber=view, status=status)

    def change_view(self, view):
        self.enter_view(view, "ViewChange")
        self.me.update(sentDvc=False, sentSv=False)
        self.broadcast({"type": "StartViewChange", "viewNumber": view})

    def time_out(self):
        require(not self.is_normal_primary(), "a working primary waits for nobody")
        self.event("TimerSendSVC")
        self.change_view(self.me["viewNumber"] + 1)

    def join(self, view, higher, matching):
        """Enters the view of a message that is about a later one. Does not count messages of a view that it works in."""
        if view > self.me["viewNumber"]:
            self.event(higher)
            self.change_view(view)
            return
        require(self.me["status"] == "ViewChange", "no view change is going on")
        require(view == self.me["viewNumber"], "the message is of an earlier view")
        self.event(matching)

    def on_start_view_change(self, source, m):
        self.join(m["viewNumber"], "ReceiveHigherSVC", "ReceiveMatchingSVC")
        self.me["startViewChanges"].append(source)

    def on_do_view_change(self, source, m):
        self.join(m["viewNumber"], "ReceiveHigherDVC", "ReceiveMatchingDVC")
        self.me["doViewChanges"][source] = m

    def may_send_dvc(self):
        me = self.me
        return me["status"] == "ViewChange" and not me["sentDvc"] and len(me["startViewChanges"]) >= self.minority

    def send_dvc(self):
        me = self.me
        require(self.may_send_dvc(), "too few StartViewChanges")
        dest = self.primary(me["viewNumber"])
        message = {"type": "DoViewChange", "viewNumber": me["viewNumber"], "log": me["log"][:], "lastNormalVn": me["lastNormalView"]}
        message.update(opNumber=me["opNumber"], commitNumber=me["commitNumber"])
        me["sentDvc"] = True
        self.event("SendDVC")
        self.send(dest, message)
        if dest == self.name:
            me["doViewChanges"][self.name] = message

    def may_send_sv(self):
        me = self.me
        return me["status"] == "ViewChange" and not me["sentSv"] and len(me["doViewChanges"]) > self.minority

    def send_sv(self):
        me = self.me
        require(self.may_send_sv(), "too few DoViewChanges")
        received = me["doViewChanges"]
        best = max(received, key=lambda p: (received[p]["lastNormalVn"], received[p]["opNumber"], -self.number(p)))
        commit = max(m["commitNumber"] for m in received.values())
        log = received[best]["log"][:]
        me.update(status="Normal", log=log, opNumber=len(log), commitNumber=commit, sentSv=True, lastNormalView=me["viewNumber"])
        me["peerOpNumber"] = {str(self.number(p)): 0 for p in self.peers}
        self.event("SendSV")
        start = {"type": "StartView", "viewNumber": me["viewNumber"], "log": log[:], "opNumber": len(log), "commitNumber": commit}
        self.broadcast(start)

    def on_start_view(self, _source, m):
        me = self.me
        own = m["viewNumber"] == me["viewNumber"] and me["status"] == "ViewChange"
        require(m["viewNumber"] > me["viewNumber"] or own, "the StartView is of a view that was entered before")
        known = me["commitNumber"]
        self.enter_view(m["viewNumber"], "Normal")
        me.update(log=m["log"], opNumber=m["opNumber"], commitNumber=m["commitNumber"])
        me.update(lastNormalView=m["viewNumber"], sentDvc=False, sentSv=False)
        self.event("ReceiveSV")
        if known < m["opNumber"]:
            self.send(self.primary(m["viewNumber"]), {"type": "PrepareOk", "viewNumber": m["viewNumber"], "opNumber": m["opNumber"]})

    # State transfer.

    def on_get_state(self, source, m):
        me = self.me
        require(me["status"] == "Normal", "not in normal operation")
        require(me["viewNumber"] == m["viewNumber"], "the GetState is of another view")
        require(me["opNumber"] > m["opNumber"], "there is nothing to send")
        answer = {"type": "NewState", "viewNumber": me["viewNumber"], "log": me["log"][m["opNumber"] :], "firstOp": m["opNumber"] + 1}
        self.event("ReceiveGetState")
        self.send(source, {**answer, "opNumber": me["opNumber"], "commitNumber": me["commitNumber"]})

    def on_new_state(self, _source, m):
        me = self.me
        require(me["status"] == ("Normal" if self.options.defect else "StateTransfer"), "no state is waited for")
        require(m["viewNumber"] > me["viewNumber"], "the state is not of a later view")
        fits = me["opNumber"] == m["firstOp"] - 1 if self.options.defect else len(me["log"]) >= m["firstOp"] - 1
        require(fits, "the state leaves a hole in the log")
        self.enter_view(m["viewNumber"], "Normal")
        me.update(log=me["log"][: m["firstOp"] - 1] + m["log"], opNumber=m["opNumber"], commitNumber=m["commitNumber"])
        me["lastNormalView"] = m["viewNumber"]
        self.event("ReceiveNewState")


ACTIONS = ["ReceiveClientRequest", "ReceivePrepareMsg", "ReceivePrepareOkMsg", "ExecuteOp", "TimerSendSVC", "ReceiveHigherSVC", "ReceiveMatchingSVC"]
ACTIONS += ["ReceiveHigherDVC", "ReceiveMatchingDVC", "SendDVC", "SendSV", "ReceiveSV", "SendGetState", "ReceiveGetState", "ReceiveNewState"]


class Adapter:
    def __init__(self, options):
        self.options = options
        self.replica = None

    def answer(self, request):
        kind = request["type"]
        if kind == "hello":
            return {"type": "hello_ok", "version": VERSION, "name": "vr_node.py", "holds": "node", "actions": ACTIONS}
        if kind == "init":
            self.replica = Replica(request, self.options)
            return {"type": "init_ok", "out": self.replica.show()}
        if kind == "bye":
            return {"type": "bye_ok"}
        if self.replica is None:
            return {"type": "error", "code": "not-initialised", "text": "init comes first"}
        if kind == "observe":
            return {"type": "state", "state": {name: self.replica.me[name] for name in VISIBLE}}
        stimuli = {
            "deliver": lambda: self.replica.deliver(request["from"], request["message"]),
            "fire": lambda: self.replica.fire(request["timer"]),
            "client": lambda: self.replica.happen(self.replica.request, request["op"]),
            "disk_done": lambda: self.replica.disk_done(request["ioId"]),
        }
        if kind not in stimuli:
            return {"type": "error", "code": "not-supported", "text": "unknown: %s" % kind}
        try:
            return {"type": "idle", "out": stimuli[kind]()}
        except Refused as refused:
            return {"type": "refused", "guard": str(refused)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--defect", action="store_true", help="cut the log before asking for state, as the paper has it")
    parser.add_argument("--unsynced", action="store_true", help="do not sync what is written")
    adapter = Adapter(parser.parse_args())
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
