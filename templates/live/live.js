const server = `rtmp://${location.hostname}/__NAME__`;
document.querySelector('#server').textContent = server;
document.querySelector('#ffmpeg').textContent =
  `ffmpeg -re -i film.mp4 -c copy -f flv ${server}/cam`;

const streams = document.querySelector('#streams');
const socket = new WebSocket(new URL('.', location.href.replace(/^http/, 'ws')));
socket.addEventListener('message', ({ data }) => {
  const items = JSON.parse(data).map((name) => {
    const link = document.createElement('a');
    link.href = `${name}.flv`;
    link.textContent = name;
    const item = document.createElement('li');
    item.append(link);
    return item;
  });
  streams.replaceChildren(...items);
});
