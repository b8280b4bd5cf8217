/** XML text as ActionScript sends it; kept as text and never parsed, so entities and DOCTYPEs in it do nothing. */
export class AMFXML {
  readonly source: string;
  /** `document` for the old `XMLDocument`, `xml` for E4X's `XML`, which AMF3 tells apart. */
  readonly kind: 'document' | 'xml';

  constructor(source: string, kind: 'document' | 'xml' = 'xml') {
    this.source = source;
    this.kind = kind;
    Object.freeze(this);
  }

  toString(): string {
    return this.source;
  }
}
