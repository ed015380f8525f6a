import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { socketPathsOf } from '../../../../src/system/dbus/address.ts';
import { decodeMessage, encodeMessage, MESSAGE } from '../../../../src/system/dbus/message.ts';
import { decodeValues } from '../../../../src/system/dbus/reader.ts';
import { type DbusValue, typesOf, variant } from '../../../../src/system/dbus/values.ts';
import { encodeValues } from '../../../../src/system/dbus/writer.ts';

/** A type and a value of it, nested a few levels deep. */
const { typed } = fc.letrec<{ readonly typed: readonly [string, DbusValue] }>((tie) => ({
  typed: fc.oneof(
    { depthSize: 'small' },
    fc.tuple(fc.constant('y'), fc.nat({ max: 255 })),
    fc.tuple(fc.constant('b'), fc.boolean()),
    fc.tuple(fc.constant('n'), fc.integer({ min: -32_768, max: 32_767 })),
    fc.tuple(fc.constant('q'), fc.nat({ max: 65_535 })),
    fc.tuple(fc.constant('i'), fc.integer()),
    fc.tuple(fc.constant('u'), fc.nat({ max: 0xffff_ffff })),
    fc.tuple(fc.constant('x'), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
    fc.tuple(fc.constant('t'), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    fc.tuple(fc.constant('d'), fc.double({ noNaN: true })),
    fc.tuple(fc.constant('s'), fc.string({ unit: 'grapheme' })),
    fc.tuple(fc.constant('ay'), fc.uint8Array()),
    tie('typed').map(([type, value]) => ['v', variant(type, value)] as const),
    tie('typed')
      .filter(([type]) => type !== 'y')
      .map(([type, value]) => [`a${type}`, [value, value]] as const),
    fc
      .array(tie('typed'), { minLength: 1, maxLength: 3 })
      .map((members) => [`(${members.map(([type]) => type).join('')})`, members.map(([, value]) => value)] as const),
  ),
}));

test('any value of any type reads as what was written', () => {
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 4 }), (all) => {
      const signature = all.map(([type]) => type).join('');
      const values = all.map(([, value]) => value);
      expect(decodeValues(signature, encodeValues(signature, values), true)).toEqual(values);
    }),
  );
});

test('a body of any length is written whole', () => {
  for (let length = 1; length < 600; length++) {
    const values = [Array.from({ length }, (_, index) => index), 7n];
    expect(decodeValues('aut', encodeValues('aut', values), true)).toEqual(values);
  }
});

test('bytes are laid out as the specification shows them', () => {
  // D-Bus Specification, "Marshalling examples": an array of one 64-bit number, with the gap before it.
  const array = encodeValues('ax', [[5n]]);
  expect([...array]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
  expect([...encodeValues('yu', [1, 2])]).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
  expect([...encodeValues('sg', ['a', 'as'])]).toEqual([1, 0, 0, 0, 97, 0, 2, 97, 115, 0]);
});

test.each(['a', '(', '(s', '()', 'z', 'a{', `${'a'.repeat(40)}s`])(
  '%s is not a signature that D-Bus knows',
  (signature) => {
    expect(() => typesOf(signature)).toThrow(RangeError);
  },
);

test('a value that is not of its type is never written', () => {
  for (const [type, value] of [
    ['s', 1],
    ['u', 'x'],
    ['x', 1],
    ['v', 'x'],
    ['as', 'x'],
    ['(s)', undefined],
  ] as const) {
    expect(() => encodeValues(type, value === undefined ? [] : [value])).toThrow(TypeError);
  }
});

test('a message of another byte order is read like ours', () => {
  const call = {
    type: MESSAGE.signal,
    serial: 7,
    path: '/a',
    interface: 'b.c',
    member: 'D',
    signature: 'u',
    body: [9],
  };
  expect(decodeMessage(encodeMessage(call))).toMatchObject(call);
  const [, type, flags, version] = encodeMessage(call);
  const field = (code: number, kind: string, value: string) => [
    code,
    1,
    kind.charCodeAt(0),
    0,
    0,
    0,
    0,
    value.length,
    ...Buffer.from(`${value}\0`),
  ];
  const fields = [...field(3, 's', 'Dim'), 0, 0, 0, 0, 8, 1, 'g'.charCodeAt(0), 0, 1, 'u'.charCodeAt(0), 0];
  const head = [0x42, type!, flags!, version!, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, fields.length];
  const padding = Array.from({ length: (8 - (fields.length % 8)) % 8 }, () => 0);
  const message = Uint8Array.from([...head, ...fields, ...padding, 0, 0, 1, 2]);
  expect(decodeMessage(message)).toMatchObject({ serial: 7, member: 'Dim', signature: 'u', body: [258] });
});

test.each([
  ['unix:path=/run/user/1000/bus', ['/run/user/1000/bus']],
  ['unix:abstract=/tmp/dbus-1,guid=00ff', ['\0/tmp/dbus-1']],
  ['unix:guid=00ff,path=/run/a%20b', ['/run/a b']],
  ['tcp:host=localhost,port=1;unix:path=/b', ['/b']],
  ['unix:path=/run/%zz', []],
  ['unixexec:path=ssh', []],
] as const)('the bus address %s names the sockets to connect to', (address, paths) => {
  expect(socketPathsOf(address)).toEqual([...paths]);
});

test('any bytes from the bus decode to a message or a range error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 200 }), (bytes) => {
      const message = Buffer.from(bytes);
      message[0] = bytes[0]! % 2 === 0 ? 0x6c : 0x42;
      message.writeUInt32LE(message.readUInt32LE(12) % 256, 12);
      try {
        expect(typeof decodeMessage(message).errorName).toBe('string');
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(RangeError);
      }
    }),
  );
});
