import { extname } from 'node:path';

const TEXT = '; charset=utf-8';

/** What browsers are told a file is. Unknown kinds are offered as a download, and `nosniff` keeps browsers from guessing. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': `text/css${TEXT}`,
  '.csv': `text/csv${TEXT}`,
  '.flv': 'video/x-flv',
  '.gif': 'image/gif',
  '.htm': `text/html${TEXT}`,
  '.html': `text/html${TEXT}`,
  '.ico': 'image/vnd.microsoft.icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': `text/javascript${TEXT}`,
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4a': 'audio/mp4',
  '.map': 'application/json',
  '.md': `text/markdown${TEXT}`,
  '.mjs': `text/javascript${TEXT}`,
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.ogg': 'audio/ogg',
  '.otf': 'font/otf',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': `image/svg+xml${TEXT}`,
  '.swf': 'application/x-shockwave-flash',
  '.ttf': 'font/ttf',
  '.txt': `text/plain${TEXT}`,
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': `application/xml${TEXT}`,
  '.zip': 'application/zip',
};

/** The media type of a file, by the end of its name. */
export function mediaTypeOf(file: string): string {
  return MEDIA_TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream';
}
