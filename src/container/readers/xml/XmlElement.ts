import type { SourceLocation } from '../../../base/index.ts';
import type { Text } from '../../definition/beanFile.ts';

/** An element with its namespace resolved. */
export interface XmlElement {
  readonly kind: 'element';
  /** Namespace; empty when the file declares none. */
  readonly uri: string;
  /** Name without prefix. */
  readonly name: string;
  /** Name as written, for messages. */
  readonly written: string;
  readonly location: SourceLocation;
  /** Attributes without a prefix. */
  readonly attributes: Map<string, Text>;
  /** Attributes of another namespace, such as `p:name`. */
  readonly foreign: readonly ForeignAttribute[];
  readonly children: readonly XmlNode[];
  /** Where the text after the start tag begins, for elements that hold text. */
  readonly textLocation?: SourceLocation;
}

/** An attribute of another namespace. */
export interface ForeignAttribute {
  readonly uri: string;
  readonly name: string;
  readonly written: string;
  readonly value: Text;
  /** Where the attribute's name stands. */
  readonly location: SourceLocation;
}

/** A piece of character data; CDATA sections are text as well. */
export interface XmlText {
  readonly kind: 'text';
  readonly text: string;
}

/** A comment. */
export interface XmlComment {
  readonly kind: 'comment';
  readonly text: string;
}

/** What an element contains. */
export type XmlNode = XmlElement | XmlText | XmlComment;

/** A whole document: one root, and the comments around it. */
export interface XmlDocument {
  readonly root: XmlElement;
  readonly before: readonly string[];
  readonly after: readonly string[];
}
