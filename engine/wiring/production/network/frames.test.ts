import fc from "fast-check";
import { expect, test } from "vitest";
import { type Frame, frameBytes, FrameReader, type FrameType, frameTypes } from "./frames.ts";
import { RefusedError } from "./refusals.ts";
import { Opener, Sealer } from "./session.ts";

const types = Object.keys(frameTypes) as FrameType[];
const frame = fc.record({ type: fc.constantFrom(...types), body: fc.uint8Array({ maxLength: 20 }) });

test("frames come out as they went in, however the stream is cut into pieces", () => {
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (frames, lengths) => {
      const stream = Buffer.concat(frames.map(frameBytes));
      const reader = new FrameReader(20);
      const found: Frame[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const piece = stream.subarray(at, at + (lengths[i % lengths.length] ?? 1));
        found.push(...reader.push(piece));
        at += piece.length;
      }
      expect(found).toEqual(frames);
      expect(reader.isBetweenFrames).toBe(true);
    }),
  );
});

test("any bytes give frames or a refusal, and no body over the limit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        for (const { body } of new FrameReader(8).push(bytes)) expect(body.length).toBeLessThanOrEqual(8);
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
      }
    }),
    { numRuns: 500 },
  );
});

test("an oversized frame is refused at its length", () => {
  expect(() => [...new FrameReader(100).push(Uint8Array.of(0, 0, 0, 103))]).toThrow("a frame of 101 bytes; at most 100 are accepted here");
});

test("only the next frame of the session opens, unaltered", () => {
  const key = new Uint8Array(32).fill(1);
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 5 }), { minLength: 1, maxLength: 4 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (contents, place, mask) => {
        const sealer = new Sealer(key);
        const bodies = contents.map((c) => sealer.seal("message", c));
        const opener = new Opener(key);
        for (const [i, body] of bodies.entries()) {
          const wrong = Uint8Array.from(body);
          const at = place % wrong.length;
          wrong[at] = (wrong[at] ?? 0) ^ mask;
          expect(() => opener.open("message", wrong)).toThrow(RefusedError);
          expect(() => opener.open("ping", body)).toThrow(RefusedError);
          for (const [j, other] of bodies.entries()) if (j !== i) expect(() => opener.open("message", other)).toThrow("comes next");
          expect([...opener.open("message", body)]).toEqual([...(contents[i] ?? [])]);
        }
      },
    ),
  );
});
