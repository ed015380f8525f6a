/** At each corner the sum of the normals of its triangles, each as long as its triangle is large. */
export function normalsOf(positions: Float32Array, indices: Uint32Array): Float32Array {
  const normals = new Float32Array(positions.length);
  for (let first = 0; first + 2 < indices.length; first += 3) {
    const [a = 0, b = 0, c = 0] = indices.subarray(first, first + 3);
    const normal = cross(sideOf(positions, a, b), sideOf(positions, a, c));
    for (const corner of [a, b, c]) add(normals, corner, normal);
  }
  return normals;
}

type Direction = readonly [x: number, y: number, z: number];

const sideOf = (positions: Float32Array, from: number, to: number): Direction => {
  const along = (axis: number): number => (positions[to * 3 + axis] ?? 0) - (positions[from * 3 + axis] ?? 0);
  return [along(0), along(1), along(2)];
};

const cross = ([ux, uy, uz]: Direction, [vx, vy, vz]: Direction): Direction => [
  uy * vz - uz * vy,
  uz * vx - ux * vz,
  ux * vy - uy * vx,
];

function add(normals: Float32Array, corner: number, normal: Direction): void {
  for (const [axis, value] of normal.entries()) {
    normals[corner * 3 + axis] = (normals[corner * 3 + axis] ?? 0) + value;
  }
}
