export class House {
  title = 'A house';
}
