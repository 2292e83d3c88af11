import fc from "fast-check";
import { expect, test } from "vitest";
import { makeCopyReader, type CopiedRow } from "./copy-out.ts";

function written(rows: readonly (readonly (Uint8Array | null)[])[]): Buffer {
  const parts: Buffer[] = [Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)];
  for (const row of rows) {
    const count = Buffer.alloc(2);
    count.writeInt16BE(row.length);
    parts.push(count);
    for (const value of row) {
      const length = Buffer.alloc(4);
      length.writeInt32BE(value?.length ?? -1);
      parts.push(length, Buffer.from(value ?? []));
    }
  }
  return Buffer.concat([...parts, Buffer.from([0xff, 0xff])]);
}

const values = fc.option(fc.uint8Array({ maxLength: 40 }));

test("rows come out as they went in, wherever the stream was cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(values, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
      fc.array(fc.nat({ max: 60 }), { minLength: 1 }),
      (rows, cuts) => {
        const reader = makeCopyReader();
        const bytes = written(rows);
        const read: CopiedRow[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const length = 1 + (cuts[i % cuts.length] ?? 0);
          read.push(...reader.take(bytes.subarray(at, at + length)));
          at += length;
        }
        reader.end();
        expect(read.map((row) => row.map((value) => value && [...value]))).toEqual(
          rows.map((row) => row.map((value) => value && [...value])),
        );
      },
    ),
  );
});

test("a stream that ends early is an error, not fewer rows", () => {
  const bytes = written([[Uint8Array.of(1)], [Uint8Array.of(2)]]);
  for (let length = 0; length < bytes.length - 1; length += 1) {
    const reader = makeCopyReader();
    reader.take(bytes.subarray(0, length));
    expect(() => reader.end()).toThrow("ended in the middle");
  }
});
