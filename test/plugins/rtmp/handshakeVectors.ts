/** C1 with a digest, and how S2 must end. Made by a Python script that shares nothing with `src`. */
export interface DigestVector {
  readonly scheme: 0 | 1;
  readonly digestOffset: number;
  /** Every byte of C1 but the version and the digest: `(i * step) & 0xff` at index `i`. */
  readonly step: number;
  readonly digest: string;
  /** Last 32 bytes of S2 when the rest of it repeats C1. */
  readonly signature: string;
}

export const DIGEST_VECTORS: readonly DigestVector[] = [
  {
    scheme: 0,
    digestOffset: 278,
    step: 7,
    digest: '157e5be84941696ec885fe2bf96d1319ade26e9c10eafd73a1bc1bb27858ac48',
    signature: 'fcfaf7661664deb08e92cabcafea79b5f945fb5bf68a8ce50abc894bc60553f1',
  },
  {
    scheme: 1,
    digestOffset: 930,
    step: 7,
    digest: '1d754890bf1161e43d8a59f90cc894cca0ae5ff69bcc266322d116cdffff0232',
    signature: '1d8a4ed01d8de5976f930d1d4144fcb66b1030bfe2444f7a236bc17a921ba474',
  },
  {
    scheme: 0,
    digestOffset: 270,
    step: 255,
    digest: '584889c8ac052471fcf2ee115edfb1683fc5ef28cd892757ff96ed219b569f50',
    signature: 'b18a0e95b0f282ead715fa36ed876b0621565abc78dce1ba8d4d0b017cae7467',
  },
  {
    scheme: 1,
    digestOffset: 1062,
    step: 13,
    digest: 'ce58b4ef343ac2ed6285d0d848c594383b76f534bd32d93fa562ecf6ea6c209f',
    signature: '8c47bc31c9c4d1d3a341945951ccef6e99a4ae70ce68516650e738ff8790a5c5',
  },
  {
    scheme: 1,
    digestOffset: 1050,
    step: 255,
    digest: '8bf67974b3b10ef86bd8a14d47289a8340f3273147910212a8505280f7eef42d',
    signature: '2df230d1b111e7c0bd0b4bdd69eb5d766ed0e60b06135fa483cc4cefd094375d',
  },
];
