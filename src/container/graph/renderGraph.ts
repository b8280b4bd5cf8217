import type { BeanEdge, BeanGraph, BeanNodeOfGraph } from './beanGraph.ts';

/** Writes the wired beans as lines of text: each bean, its class, and what it uses. */
export function renderGraphAsText(graph: BeanGraph): string {
  const lines: string[] = [];
  for (const bean of graph.beans) {
    if (bean.outside) continue;
    if (lines.length > 0) lines.push('');
    lines.push([bean.name, describe(bean)].filter((part) => part !== '').join('  '));
    for (const edge of graph.edges.filter(({ from }) => from === bean.name)) {
      lines.push(`  ${edge.label} -> ${edge.to}${suffix(edge, graph)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function describe(bean: BeanNodeOfGraph): string {
  const notes = bean.notes.length === 0 ? '' : ` (${bean.notes.join(', ')})`;
  return `${bean.class ?? ''}${notes}`.trim();
}

function suffix(edge: BeanEdge, graph: BeanGraph): string {
  const notes = [];
  if (edge.autowired) notes.push('autowired');
  if (graph.beans.some(({ name, outside }) => name === edge.to && outside))
    notes.push('of the parent');
  return notes.length === 0 ? '' : `  (${notes.join(', ')})`;
}

/** Writes the wired beans as a Mermaid flow chart, which GitHub and many editors draw. */
export function renderGraphAsMermaid(graph: BeanGraph): string {
  const ids = new Map(graph.beans.map((bean, index) => [bean.name, `b${index}`]));
  const lines = ['flowchart LR'];
  for (const bean of graph.beans) {
    const short = bean.class?.split(/[.$/]/).at(-1);
    const label = escaped(short === undefined ? bean.name : `${bean.name}<br/>${short}`);
    lines.push(`  ${ids.get(bean.name)}${bean.outside ? `(["${label}"])` : `["${label}"]`}`);
  }
  for (const { from, to, label, autowired } of graph.edges) {
    const arrow = autowired ? '-.->' : '-->';
    lines.push(`  ${ids.get(from)} ${arrow}|"${escaped(label)}"| ${ids.get(to)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Quotes and brackets would end a label. */
function escaped(text: string): string {
  return text.replace(/"/g, '#quot;').replace(/[[\]{}|]/g, (char) => `#${char.charCodeAt(0)};`);
}
