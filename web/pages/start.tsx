import { complaintBody } from '../../domain/complaint-bodies.ts';
import { ButtonLink, Disclosure, Link, Phone } from '../components.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { t } from '../person-text.ts';

const OtherWays = ({ frame }: { frame: Frame }) => {
  const text = t(frame.language);
  const { email, phone, address } = frame.config.organisation;
  return (
    <Disclosure title={text('start.other-ways')}>
      <p>{text('start.other-ways-lead')}</p>
      <ul>
        <li>
          <Link to={`mailto:${email}`}>{email}</Link>
        </li>
        {phone && (
          <li>
            <Phone number={phone} />
          </li>
        )}
        <li>{address}</li>
      </ul>
    </Disclosure>
  );
};

const Complaint = ({ frame }: { frame: Frame }) => {
  const text = t(frame.language);
  const { name, url } = complaintBody(frame.config.country);
  return (
    <Disclosure title={text('start.complain')}>
      <p>
        {text('start.complain-lead')} <Link to={url}>{name}</Link>
      </p>
    </Disclosure>
  );
};

/** The front door: what one can ask for, how long it takes, what it costs, and the other ways to ask. */
export const startPage = (frame: Frame): string => {
  const text = t(frame.language);
  const organisation = frame.config.organisation.name;
  return page({
    frame,
    title: text('start.title'),
    children: (
      <>
        <h1>{text('start.title')}</h1>
        <p class="lead">{text('start.lead', { organisation })}</p>
        <ul>
          <li>{text('start.copy')}</li>
          <li>{text('start.correct')}</li>
          <li>{text('start.stop')}</li>
        </ul>
        <p class="actions">
          <ButtonLink to={inLanguage(frame, '/want')}>{text('start.button')}</ButtonLink>
        </p>
        <ul class="facts">
          <li>
            <strong>{text('start.minutes')}</strong> {text('start.minutes-more')}
          </li>
          <li>
            <strong>{text('start.free')}</strong> {text('start.free-more')}
          </li>
          <li>
            <strong>{text('start.month')}</strong> {text('start.month-more')}
          </li>
        </ul>
        <h2>{text('start.need')}</h2>
        <p>{text('start.need-lead')}</p>
        <h2>{text('start.have')}</h2>
        <p>{text('start.have-lead')}</p>
        <OtherWays frame={frame} />
        <Complaint frame={frame} />
      </>
    ),
  });
};
