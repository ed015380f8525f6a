/** Each corner in its place, turned for the light. */
export const VERTEX_SHADER = `#version 300 es
in vec3 position;
in vec3 normal;
in vec2 textureCoord;
uniform vec4 centre;
uniform mat4 projection;
uniform mat4 turn;
out vec3 facing;
out vec2 at;
void main() {
  facing = mat3(turn) * normal;
  at = textureCoord;
  gl_Position = projection * vec4((position - centre.xyz) / centre.w, 1.0);
}`;

/** One light over the viewer's shoulder; a side that is seen from behind is lit as its front is. */
export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
in vec3 facing;
in vec2 at;
uniform vec4 colour;
uniform bool isTextured;
uniform sampler2D image;
out vec4 seen;
void main() {
  vec3 normal = normalize(facing) * (gl_FrontFacing ? 1.0 : -1.0);
  float light = 0.4 + 0.6 * max(0.0, dot(normal, normalize(vec3(0.35, 0.55, 0.75))));
  vec4 base = isTextured ? colour * texture(image, at) : colour;
  seen = vec4(base.rgb * light, 1.0);
}`;
