/** A template that wants tools as a list of definitions, and the arguments of a call as an object. */
export const TAKES_TOOLS =
  "{% for tool in tools or [] %}{{ tool.function.name + ': ' + tool.function.parameters.type }}\n{% endfor %}" +
  '{% for m in messages %}{% if m.tool_calls %}{% for call in m.tool_calls %}' +
  "{{ 'called with ' + call.function.arguments.city }}{% endfor %}{% endif %}" +
  "{{'<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n'}}{% endfor %}{{ '<|im_start|>assistant\\n' }}";

/** What its model says, whatever it is asked: words, and a call of `weather`. */
export const SAYS_A_CALL = [
  ['Let'],
  [' me look.'],
  ['\n'],
  ['<tool_call>'],
  ['{"name": "weather", "arguments": '],
  ['{"city": "Oslo"}}'],
  ['</tool_call>'],
];
