/** A bitmap as programs write it: rows from the bottom, each filled up to four bytes. */
export function aBmp(about: {
  readonly width: number;
  readonly height: number;
  readonly bits: 24 | 32;
  readonly paint: (at: number) => number;
}): Uint8Array {
  const { width, height, bits, paint } = about;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const file = new Uint8Array(54 + stride * height);
  const view = new DataView(file.buffer);
  file.set([0x42, 0x4d]);
  view.setUint32(2, file.byteLength, true);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, bits, true);
  for (let at = 0; at < stride * height; at++) file[54 + at] = paint(at);
  return file;
}

export interface Mp4Choice {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly seconds: number;
  readonly handler?: 'vide' | 'soun';
  /** Times of 64 bits, as long films have. */
  readonly wideTimes?: boolean;
  /** As written into a pipe, the frames in fragments. */
  readonly fragmented?: boolean;
}

/** The boxes of an MP4 that say what is in it, and a body that means nothing. */
export function anMp4({
  width,
  height,
  frames,
  seconds,
  handler = 'vide',
  wideTimes = false,
  fragmented = false,
}: Mp4Choice): Uint8Array {
  const timescale = 1_000;
  const tkhd = new DataView(new ArrayBuffer(84));
  tkhd.setUint32(76, width * 0x1_0000);
  tkhd.setUint32(80, height * 0x1_0000);
  const mdhd = new DataView(new ArrayBuffer(wideTimes ? 36 : 24));
  mdhd.setUint8(0, wideTimes ? 1 : 0);
  mdhd.setUint32(wideTimes ? 20 : 12, timescale);
  if (wideTimes) mdhd.setBigUint64(24, BigInt(seconds * timescale));
  else mdhd.setUint32(16, seconds * timescale);
  const stsz = new DataView(new ArrayBuffer(12));
  stsz.setUint32(8, frames);
  const hdlr = Buffer.concat([new Uint8Array(8), Buffer.from(handler), new Uint8Array(12)]);
  const media = box(
    'mdia',
    box('mdhd', bytesOf(mdhd)),
    box('hdlr', hdlr),
    box('minf', box('stbl', box('stsz', bytesOf(stsz)))),
  );
  return Buffer.concat([
    box('ftyp', Buffer.from('isom....')),
    box('moov', box('trak', box('tkhd', bytesOf(tkhd)), media)),
    ...(fragmented ? [box('moof', new Uint8Array(8))] : []),
    box('mdat', new Uint8Array(32)),
  ]);
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

function box(name: string, ...bodies: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(bodies);
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + body.byteLength);
  header.write(name, 4);
  return Buffer.concat([header, body]);
}

export interface WebmChoice extends Pick<Mp4Choice, 'width' | 'height' | 'frames'> {
  /** Undefined as in a file that was written into a pipe. */
  readonly seconds: number | undefined;
}

/** The elements of a WebM that say what is in it, sizes of both long and short form, and a track of sound beside it. */
export function aWebm({ width, height, frames, seconds }: WebmChoice): Uint8Array {
  const ticks = new DataView(new ArrayBuffer(8));
  ticks.setFloat64(0, (seconds ?? 0) * 1000);
  const duration = seconds === undefined ? [] : [element([0x44, 0x89], bytesOf(ticks))];
  const info = element(
    [0x15, 0x49, 0xa9, 0x66],
    element([0x2a, 0xd7, 0xb1], Buffer.from('0f4240', 'hex')),
    ...duration,
  );
  const size = [
    element([0xb0], Buffer.of(width >> 8, width & 255)),
    element([0xba], Buffer.of(height >> 8, height & 255)),
  ];
  const sound = element([0xae], element([0xd7], Buffer.of(1)), element([0x83], Buffer.of(2)));
  const picture = element([0xae], element([0xd7], Buffer.of(2)), element([0xe0], ...size));
  const blocks = Array.from({ length: frames }, (_, n) =>
    n % 2 === 0
      ? element([0xa3], Buffer.of(0x82, 0, n, 0x80, 7))
      : element([0xa0], element([0xa1], Buffer.of(0x82, 0, n, 0, 7))),
  );
  const cluster = element([0x1f, 0x43, 0xb6, 0x75], element([0xa3], Buffer.of(0x81, 0, 0, 0x80, 7)), ...blocks);
  const tracks = element([0x16, 0x54, 0xae, 0x6b], sound, picture);
  return Buffer.concat([
    element([0x1a, 0x45, 0xdf, 0xa3], element([0x42, 0x82], Buffer.from('webm'))),
    element([0x18, 0x53, 0x80, 0x67], info, tracks, cluster),
  ]);
}

/** Ids of four bytes get a size of eight, as programs write what they fill in later. */
function element(id: readonly number[], ...bodies: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(bodies);
  const size = id.length === 4 ? Buffer.alloc(8) : Buffer.of(0x80 | body.byteLength);
  if (id.length === 4) {
    size.writeUInt8(1);
    size.writeUInt32BE(body.byteLength, 4);
  }
  return Buffer.concat([Buffer.from(id), size, body]);
}

/** A WAV of these samples, -1 to 1, in any of the forms programs write. */
export function aWav(
  form: { format: number; bits: number; extensible?: boolean; openEnd?: boolean },
  samples: readonly number[],
) {
  const { format, bits, extensible = false, openEnd = false } = form;
  const head = new DataView(new ArrayBuffer(extensible ? 26 : 16));
  head.setUint16(0, extensible ? 0xfffe : format, true);
  head.setUint16(2, 1, true);
  head.setUint32(4, 8_000, true);
  head.setUint16(14, bits, true);
  if (extensible) head.setUint16(24, format, true);
  const data = new DataView(new ArrayBuffer((samples.length * bits) / 8));
  for (const [n, sample] of samples.entries()) {
    if (format === 3) data.setFloat32(n * 4, sample, true);
    else if (bits === 8) data.setUint8(n, 128 + Math.round(sample * 127));
    else if (bits === 16) data.setInt16(n * 2, Math.round(sample * 0x7fff), true);
    else if (bits === 32) data.setInt32(n * 4, Math.round(sample * 0x7fff_ffff), true);
    else {
      const level = Math.round(sample * 0x7f_ffff) & 0xff_ffff;
      data.setUint16(n * 3, level & 0xffff, true);
      data.setUint8(n * 3 + 2, level >> 16);
    }
  }
  const chunk = (name: string, body: DataView, size = body.byteLength): Uint8Array => {
    const header = Buffer.alloc(8);
    header.write(name);
    header.writeUInt32LE(size, 4);
    return Buffer.concat([header, new Uint8Array(body.buffer), new Uint8Array(body.byteLength % 2)]);
  };
  return Buffer.concat([
    Buffer.from('RIFF....WAVE'),
    chunk('LIST', new DataView(new ArrayBuffer(5))),
    chunk('fmt ', head),
    chunk('data', data, openEnd ? 0xffff_ffff : data.byteLength),
  ]);
}
