import { SourceText } from '../definition/SourceText.ts';
import { ConfigErrors, Problems } from '../errors/Problems.ts';
import { readBeanFile } from '../readers/readBeanFile.ts';
import { commentsOf, meaningOf } from './meaningOf.ts';
import { toXml } from './toXml.ts';
import { toYaml } from './toYaml.ts';

/** The format a bean file is converted to. */
export type BeanFileFormat = 'yaml' | 'xml';

/** A bean file in its other format. */
export interface Converted {
  readonly text: string;
  /** Things the owner should look at, such as commented-out beans. */
  readonly notes: readonly string[];
  /** True when both texts have the same meaning and the same comments. */
  readonly lossFree: boolean;
}

/** Options of {@link convertBeanFile}. */
export interface ConvertOptions {
  /** Writes `{$ref: x}` instead of `!ref x`. */
  readonly plain?: boolean;
}

/**
 * Converts a bean file from XML to YAML or back, comments included.
 *
 * @param file - name for messages; its ending says which format the text is in
 * @throws ConfigErrors when the text is no proper bean file
 */
export function convertBeanFile(
  file: string,
  text: string,
  format: BeanFileFormat,
  options: ConvertOptions = {},
): Converted {
  const source = new SourceText(file, text);
  const problems = new Problems();
  const beans = readBeanFile(source, problems);
  problems.throwIfAny(file);
  if (beans === undefined) throw new ConfigErrors(problems.errors, file);
  const converted = format === 'yaml' ? toYaml(beans, options) : toXml(beans);
  const again = new Problems();
  const back = readBeanFile(new SourceText(`${file}.${format}`, converted), again);
  const same = back !== undefined && meaningOf(back) === meaningOf(beans);
  const lossFree =
    again.errors.length === 0 && same && sameBag(commentsOf(back), commentsOf(beans));
  return { text: converted, notes: notesOf(text, source), lossFree };
}

function sameBag(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

/** Beans that were commented out stay comments in the old format. */
function notesOf(text: string, source: SourceText): string[] {
  const notes: string[] = [];
  for (const comment of text.matchAll(/<!--([\s\S]*?)-->/g)) {
    const found = /<(bean|property|import|alias)\b/.exec(comment[1] ?? '');
    if (found === null) continue;
    const { line } = source.at(comment.index + 4 + found.index);
    notes.push(`${source.file}:${line} a commented-out <${found[1]}> is kept as XML text`);
  }
  return notes;
}
