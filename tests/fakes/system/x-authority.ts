interface Entry {
  readonly family: number;
  readonly address: string;
  readonly display: string;
  readonly scheme?: string;
  readonly data: Buffer;
}

/** What `xauth` would have written. */
export function authorityFile(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.map(({ family, address, display, scheme = 'MIT-MAGIC-COOKIE-1', data }) =>
      Buffer.concat([
        short(family),
        ...[address, display, scheme].map((one) => counted(Buffer.from(one))),
        counted(data),
      ]),
    ),
  );
}

const counted = (bytes: Buffer): Buffer => Buffer.concat([short(bytes.length), bytes]);

function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
