import { runAsProcess } from '../cli';
import { adopt } from './adopt';

runAsProcess('npm run adopt --', adopt);
