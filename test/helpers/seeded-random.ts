export { seededRandom } from '../../tools/seeded-random.ts';
