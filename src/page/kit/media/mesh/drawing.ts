import type { BrowserAccess } from '../../page-context.ts';
import { type Look, projectionOf, turnOf } from './matrix.ts';
import type { MeshPart } from './parts.ts';
import { FRAGMENT_SHADER, VERTEX_SHADER } from './shaders.ts';

/** A model on a canvas. */
export interface Drawing {
  draw(look: Look): void;
  /** Frees what the GPU holds for it. */
  close(): void;
}

/** What the parts of a picture share. */
interface Stage extends Pick<BrowserAccess, 'decodeImage'> {
  readonly gl: WebGL2RenderingContext;
  readonly program: WebGLProgram;
  /** Moves the model to the origin, and makes its radius 1. */
  readonly centre: Sphere;
}

interface Sphere {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly radius: number;
}

/** Undefined where the browser draws nothing in three dimensions. */
export async function openDrawing(
  canvas: HTMLCanvasElement,
  parts: readonly MeshPart[],
  decodeImage: BrowserAccess['decodeImage'],
): Promise<Drawing | undefined> {
  const gl = canvas.getContext('webgl2', { antialias: true, alpha: true });
  const program = gl === null ? undefined : programOf(gl);
  if (gl === null || program === undefined) return undefined;
  const stage: Stage = { gl, program, centre: sphereAround(parts), decodeImage };
  gl.enable(gl.DEPTH_TEST);
  const drawn = await Promise.all(parts.map((part) => upload(stage, part)));
  return {
    draw(look) {
      begin(stage, canvas, look);
      for (const drawPart of drawn) drawPart();
    },
    close: () => gl.getExtension('WEBGL_lose_context')?.loseContext(),
  };
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram | undefined {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) return undefined;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) === true ? program : undefined;
}

/** Sharp on a screen of many pixels, and as large as the page made it. */
function begin({ gl, program, centre }: Stage, canvas: HTMLCanvasElement, look: Look): void {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * devicePixelRatio));
  if (width !== undefined && canvas.width !== width) canvas.width = width;
  if (height !== undefined && canvas.height !== height) canvas.height = height;
  gl.viewport(0, 0, canvas.width, canvas.height);
  gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  gl.useProgram(program);
  const at = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name);
  gl.uniform4f(at('centre'), centre.x, centre.y, centre.z, centre.radius);
  gl.uniformMatrix4fv(at('projection'), false, projectionOf(look, canvas.width / Math.max(1, canvas.height)));
  gl.uniformMatrix4fv(at('turn'), false, turnOf(look));
}

/** Puts a part into the memory of the GPU; what comes back draws it. */
async function upload(stage: Stage, part: MeshPart): Promise<() => void> {
  const { gl, program } = stage;
  const texture = part.textureCoords === undefined ? undefined : await textureOf(stage, part.texture);
  const vertices = gl.createVertexArray();
  gl.bindVertexArray(vertices);
  attribute(gl, gl.getAttribLocation(program, 'position'), part.positions, 3);
  attribute(gl, gl.getAttribLocation(program, 'normal'), part.normals, 3);
  if (part.textureCoords !== undefined)
    attribute(gl, gl.getAttribLocation(program, 'textureCoord'), part.textureCoords, 2);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, part.indices, gl.STATIC_DRAW);
  return () => {
    gl.bindVertexArray(vertices);
    gl.bindTexture(gl.TEXTURE_2D, texture ?? null);
    gl.uniform1i(gl.getUniformLocation(program, 'isTextured'), texture === undefined ? 0 : 1);
    gl.uniform4f(gl.getUniformLocation(program, 'colour'), ...part.colour);
    gl.drawElements(gl.TRIANGLES, part.indices.length, gl.UNSIGNED_INT, 0);
  };
}

function attribute(gl: WebGL2RenderingContext, location: number, values: Float32Array, size: 2 | 3): void {
  if (location < 0) return;
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(location);
  gl.vertexAttribPointer(location, size, gl.FLOAT, false, 0, 0);
}

/** Undefined for an image that the browser cannot read: the part has its colour all the same. */
async function textureOf({ gl, decodeImage }: Stage, image: MeshPart['texture']): Promise<WebGLTexture | undefined> {
  if (image === undefined) return undefined;
  const bitmap = await decodeImage(image.bytes, image.type).catch(() => undefined);
  if (bitmap === undefined) return undefined;
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  return texture;
}

/** Around all corners, from the middle of the box that holds them. */
export function sphereAround(parts: readonly MeshPart[]): Sphere {
  const [low, high] = [
    [Infinity, Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
  ];
  for (const { positions } of parts) {
    for (const [index, value] of positions.entries()) {
      low[index % 3] = Math.min(low[index % 3] ?? value, value);
      high[index % 3] = Math.max(high[index % 3] ?? value, value);
    }
  }
  const [x = 0, y = 0, z = 0] = low.map((value, axis) => (value + (high[axis] ?? value)) / 2);
  const radius = Math.hypot(...low.map((value, axis) => ((high[axis] ?? value) - value) / 2));
  return { x, y, z, radius: Number.isFinite(radius) && radius > 0 ? radius : 1 };
}
