import { expect, it } from "vitest";
import { Crowd } from "./crowd.ts";

it("sends the oldest of an address away when the address has too many", () => {
  const crowd = new Crowd<number>({ most: 10, mostOfAddress: 2 });
  expect([crowd.add(1, "a"), crowd.add(2, "a"), crowd.add(3, "b"), crowd.add(4, "a")]).toEqual([undefined, undefined, undefined, 1]);
  expect(crowd.all).toEqual([2, 4, 3]);
});

it("sends one of the address with the most away when there are too many in all: whoever has few stays", () => {
  const crowd = new Crowd<number>({ most: 4, mostOfAddress: 100 });
  crowd.add(1, "few");
  for (const c of [2, 3, 4]) crowd.add(c, "many");
  expect(crowd.add(5, "other")).toBe(2);
  expect(crowd.add(6, "many")).toBe(3);
  expect(crowd.all).toEqual([1, 4, 6, 5]);
  expect(crowd.size).toBe(4);
});

it("does not count those that have shown what they are for", () => {
  const crowd = new Crowd<number>({ most: 1, mostOfAddress: 1 });
  for (const c of [1, 2, 3]) {
    expect(crowd.add(c, "a")).toBeUndefined();
    crowd.remove(c, "a");
    crowd.remove(c, "a");
  }
  expect(crowd.size).toBe(0);
});
