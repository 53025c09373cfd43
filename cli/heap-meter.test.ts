import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { heapMeter } from "./heap-meter.ts";

it("counts what is alive, and not what is garbage", () => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)(); // what other tests have left behind is not ours to count
  const meter = heapMeter();
  const alive: number[][] = [];
  for (let i = 0; i < 400; i++) alive.push(new Array<number>(50_000).fill(0.5)); // 160 MB
  expect(meter()).toBeGreaterThan(100e6);
  expect(alive).toHaveLength(400);
  const other = heapMeter();
  let sum = 0;
  for (let i = 0; i < 400; i++) sum += new Array<number>(50_000).fill(0.5).length;
  expect(sum).toBe(20_000_000);
  expect(other()).toBeLessThan(80e6);
});
