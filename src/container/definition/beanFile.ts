import type { SourceLocation } from '../../base/index.ts';

/**
 * A bean file as it is written: the common model of XML and YAML, and what the converters write.
 *
 * Nothing is merged, inherited or resolved here. Words are those of Spring's XML.
 */
export interface BeansNode extends Commented {
  readonly kind: 'beans';
  readonly location: SourceLocation;
  /** `profile` and the `default-…` attributes. */
  readonly attributes: Attributes;
  readonly description?: Text;
  readonly items: readonly BeansItem[];
}

/** What may stand in a bean file beside other beans. */
export type BeansItem = BeanNode | ImportNode | AliasNode | BeansNode | ObjectNode | ContextNode;

/** A piece of text and where it stands. */
export interface Text {
  readonly text: string;
  readonly location: SourceLocation;
}

/** Attributes by their name in Spring's XML. */
export type Attributes = ReadonlyMap<string, Text>;

/** Comments that stand before a node, and those at the end of what it contains. */
export interface Commented {
  readonly comments?: readonly string[];
  readonly endComments?: readonly string[];
}

/** A `<bean>`. */
export interface BeanNode extends Commented {
  readonly kind: 'bean';
  readonly location: SourceLocation;
  readonly attributes: Attributes;
  readonly description?: Text;
  readonly meta: readonly Meta[];
  readonly args: readonly ArgumentNode[];
  readonly properties: readonly PropertyNode[];
  /** `<qualifier>`, `<lookup-method>`, `<replaced-method>`: kept for the converters, refused by the container. */
  readonly others: readonly OtherNode[];
}

/** A `<meta key value>`. */
export interface Meta {
  readonly key: Text;
  readonly value: Text;
}

/** A child of a bean that the container keeps but does not offer. */
export interface OtherNode extends Commented {
  readonly kind: 'qualifier' | 'lookup-method' | 'replaced-method';
  readonly location: SourceLocation;
  readonly attributes: Attributes;
  /** Types of `<arg-type>` children. */
  readonly argTypes: readonly Text[];
}

/** What properties and constructor arguments have in common. */
export interface ValueHolder extends Commented {
  readonly location: SourceLocation;
  readonly value: ValueNode;
  readonly description?: Text;
  readonly meta: readonly Meta[];
}

/** A `<property>`. */
export interface PropertyNode extends ValueHolder {
  readonly name: Text;
}

/** A `<constructor-arg>`. */
export interface ArgumentNode extends ValueHolder {
  readonly index?: Text;
  readonly type?: Text;
  readonly name?: Text;
}

/** An `<import>`. */
export interface ImportNode extends Commented {
  readonly kind: 'import';
  readonly location: SourceLocation;
  readonly resource: Text;
}

/** An `<alias>`. */
export interface AliasNode extends Commented {
  readonly kind: 'alias';
  readonly location: SourceLocation;
  readonly name: Text;
  readonly alias: Text;
}

/** A value that is a bean of its own: `<util:list id>`, `<util:properties>`, `<util:constant>`, … */
export interface ObjectNode extends Commented {
  readonly kind: 'object';
  readonly location: SourceLocation;
  readonly id?: Text;
  readonly value: ValueNode;
}

/** A `<context:property-placeholder>` or `<context:property-override>` or `<context:annotation-config>`. */
export interface ContextNode extends Commented {
  readonly kind: 'property-placeholder' | 'property-override' | 'annotation-config';
  readonly location: SourceLocation;
  readonly attributes: Attributes;
}

/** A collection of any kind. */
export type CollectionValue = ListValue | MapValue | PropsValue;

/** Anything that can be given to a property, argument, list or map. */
export type ValueNode =
  | TextValue
  | ReferenceValue
  | NullValue
  | InnerBeanValue
  | CollectionValue
  | NamedValue;

/** Text that is converted to the type of what it is given to. */
export interface TextValue extends Commented {
  readonly kind: 'text';
  readonly location: SourceLocation;
  readonly text: string;
  /** True when the text came from a placeholder whose name says that it is secret. */
  readonly secret?: boolean;
  /** Type to convert to first. */
  readonly type?: Text;
}

/** A bean, a bean of the parent context, or the checked name of a bean. */
export interface ReferenceValue extends Commented {
  readonly kind: 'ref' | 'ref-parent' | 'idref';
  readonly location: SourceLocation;
  readonly name: string;
}

/** `<null/>`. */
export interface NullValue extends Commented {
  readonly kind: 'null';
  readonly location: SourceLocation;
}

/** A bean that only its owner sees. */
export interface InnerBeanValue extends Commented {
  readonly kind: 'bean';
  readonly location: SourceLocation;
  readonly bean: BeanNode;
}

/** A list, set or array. `util` marks the forms of Spring's util namespace. */
export interface ListValue extends Commented {
  readonly kind: 'list' | 'set' | 'array';
  readonly location: SourceLocation;
  readonly util: boolean;
  readonly attributes: Attributes;
  readonly description?: Text;
  readonly items: readonly ValueNode[];
}

/** A map. */
export interface MapValue extends Commented {
  readonly kind: 'map';
  readonly location: SourceLocation;
  readonly util: boolean;
  readonly attributes: Attributes;
  readonly description?: Text;
  readonly entries: readonly EntryNode[];
}

/** One entry of a map. */
export interface EntryNode extends Commented {
  readonly location: SourceLocation;
  readonly key: ValueNode;
  readonly value: ValueNode;
  readonly description?: Text;
}

/** A table of texts; `util` marks `<util:properties>`, which may also have a `location`. */
export interface PropsValue extends Commented {
  readonly kind: 'props';
  readonly location: SourceLocation;
  readonly util: boolean;
  readonly attributes: Attributes;
  readonly description?: Text;
  readonly entries: readonly PropNode[];
}

/** One entry of a table of texts. */
export interface PropNode extends Commented {
  readonly location: SourceLocation;
  readonly key: Text;
  readonly value: Text;
}

/** The value of a static field, or of a property of another bean. */
export interface NamedValue extends Commented {
  readonly kind: 'constant' | 'property-path';
  readonly location: SourceLocation;
  readonly name: string;
}
