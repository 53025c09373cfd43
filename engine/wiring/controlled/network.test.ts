import { expect, test } from "vitest";
import { ControlledNetwork } from "./network.ts";

const joined = (replicas: number[]) => {
  const network = new ControlledNetwork();
  const received: string[] = [];
  const ports = replicas.map((r) => {
    const port = network.attach(r);
    port.onMessage((from, message) => received.push(`${from}>${r} ${JSON.stringify(message)}`));
    return port;
  });
  return { network, received, ports };
};

test("messages are delivered in any order, dropped and repeated", () => {
  const { network, received, ports } = joined([1, 2, 3]);
  for (const n of [1, 2, 3]) ports[0]?.send(2, { n });
  const copy = network.duplicate(3);
  network.deliver(3);
  network.drop(2);
  network.deliver(1);
  expect(network.messages()).toEqual([{ id: copy, from: 1, to: 2, message: { n: 3 } }]);
  expect(network.deliverOldest()).toBe(true);
  expect(network.deliverOldest()).toBe(false);
  expect(received).toEqual(['1>2 {"n":3}', '1>2 {"n":1}', '1>2 {"n":3}']);
  expect(() => network.deliver(1)).toThrow("no message 1 is in the bag; it holds: nothing");
});

test("a message is a copy of what was sent", () => {
  const { network, ports } = joined([1, 2]);
  const message = { log: [1] };
  ports[0]?.send(2, message);
  message.log.push(2);
  expect(network.messages()[0]?.message).toEqual({ log: [1] });
});

test("a partition holds messages back until it heals", () => {
  const { network, received, ports } = joined([1, 2, 3]);
  ports[0]?.send(2, "a");
  network.partition([1], [2, 3]);
  ports[1]?.send(3, "b");
  expect(() => network.deliver(1)).toThrow("a partition is between them");
  expect(network.deliverOldest()).toBe(true);
  expect(received).toEqual(['2>3 "b"']);
  network.heal();
  network.deliver(1);
  expect(received).toContain('1>2 "a"');
});

test("a crashed replica receives nothing, and what it had attached sends nothing after a restart", () => {
  const { network, received, ports } = joined([1, 2]);
  ports[0]?.send(2, "a");
  network.detach(2);
  expect(network.deliver(1)).toBe(false);
  network.attach(2);
  ports[1]?.send(1, "from the dead");
  expect(network.messages()).toEqual([]);
  expect(received).toEqual([]);
});
