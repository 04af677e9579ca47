"""A grammar of child-like Korean sentences over word lists."""

from data_prep.synthetic import words
from data_prep.synthetic.korean import Verb, attach

EOJEOLS = range(3, 8)
SYLLABLES = range(8, 23)  # about 1.5 to 4.5 s


class Grammar:
    """Draws sentences.

    Arguments
    ---------
    rng : random.Random
        The source of every choice.
    skew : float
        How much more often the first words of each list come than the last:
        1 is evenly, 2 gives half of the picks to the first quarter.

    Example
    -------
    >>> import random
    >>> text = Grammar(random.Random(1), skew=2).sentence("read")
    >>> text[-1]
    '다'
    """

    def __init__(self, rng, skew):
        self.rng = rng
        self.skew = skew
        self.templates = (
            [self.deed] * 5
            + [self.trip] * 2
            + [self.stay] * 2
            + [self.animal] * 3
            + [self.existence] * 2
            + [self.quality] * 2
            + [self.described_object] * 2
            + [self.cause] * 3
            + [self.two_deeds] * 2
            + [self.purpose]
            + [self.interruption]
            + [self.contrast]
            + [self.comparison]
            + [self.speech]
            + [self.habit]
            + [self.condition]
            + [self.plan] * 2
        )

    def sentence(self, style):
        """One sentence of 3 to 7 eojeols in a style of `STYLES`."""
        while True:
            text = self.rng.choice(self.templates)(style)
            if style == "free" and self.rng.random() < 0.15:
                text = f"{self.pick(words.STARTERS)} {text}"
            eojeols = text.split()
            if (
                len(eojeols) in EOJEOLS
                and len("".join(eojeols)) in SYLLABLES
                and len(set(eojeols)) == len(eojeols)
            ):
                return text

    def pick(self, entries):
        """Like real words: some come far more often than others."""
        return entries[int(len(entries) * self.rng.random() ** self.skew)]

    def pick_two(self, entries):
        first = second = self.pick(entries)
        while second == first:
            second = self.pick(entries)
        return first, second

    def maybe(self, *parts):
        """Each part that is not empty is kept by a coin; spaces follow."""
        kept = [p for p in parts if p and self.rng.random() < 0.45]
        return "".join(f"{p} " for p in kept)

    def who(self):
        return self.pick(["나", "저", "우리", *words.PEOPLE])

    def who_does(self):
        return attach(self.who(), self.pick(["topic", "topic", "subject"]))

    def action(self):
        """An object with its particle, and a verb that fits it."""
        objects, verbs = self.rng.choice(words.DEEDS)
        first, second = self.pick_two(words.entries(objects))
        if self.rng.random() < 0.12:
            first = f"{attach(first, self.pick(['and', 'with']))} {second}"
        verb = Verb.parse(self.pick(words.entries(verbs)))
        return attach(first, "object"), verb

    def place(self):
        return self.pick(words.PLACES)

    def verb(self, entries):
        return Verb.parse(self.pick(entries))

    def adjective(self):
        """A noun, an adjective that fits it, and its attributive form."""
        nouns, adjectives = self.rng.choice(words.QUALITIES)
        stem, infinitive, attributive = self.pick(
            words.entries(adjectives)
        ).split(":")
        adjective = Verb.parse(f"{stem}:{infinitive}:{stem}")
        return self.pick(words.entries(nouns)), adjective, attributive

    def told(self, verb, style):
        """The verb at the end of a sentence, in the past."""
        if style == "read":
            ends = ["다", "다", "다", "습니다", "어요"]
        else:
            ends = ["어요", "어요", "어요", "어", "거든요", "는데", "지"]
        return verb.past() + self.pick(ends)

    def deed(self, style):
        thing, verb = self.action()
        return (
            self.maybe(self.pick(words.PAST_TIMES), self.who_does())
            + self.maybe(self.place() + "에서", self.pick(words.MANNERS))
            + f"{thing} {self.told(verb, style)}"
        )

    def trip(self, style):
        goal = self.pick(words.GOALS)
        goal = self.pick([goal + "에", attach(goal, "toward")])
        companion = attach(
            self.pick(words.COMPANIONS), self.pick(["and", "with"])
        )
        return (
            self.maybe(self.pick(words.PAST_TIMES), self.who_does())
            + self.maybe(companion + self.pick(["", " 같이", " 함께"]))
            + f"{goal} {self.told(self.verb(words.TRIPS), style)}"
        )

    def stay(self, style):
        companion = attach(self.pick(words.COMPANIONS), "with")
        return (
            self.maybe(self.pick(words.PAST_TIMES))
            + f"{self.who_does()} {self.maybe(companion)}"
            + f"{self.place()}에서 {self.maybe(self.pick(words.MANNERS))}"
            + self.told(self.verb(words.STAYS), style)
        )

    def animal(self, style):
        looks = self.maybe(self.pick(words.LOOKS))
        animal = attach(self.pick(words.ANIMALS), "subject")
        where = self.pick([self.place() + "에서", self.spot("에서")])
        return (
            self.maybe(self.pick(words.PAST_TIMES))
            + f"{looks}{animal} {self.maybe(where)}"
            + f"{self.pick(words.MOTIONS)} "
            + self.told(self.verb(words.ANIMAL_DEEDS), style)
        )

    def spot(self, particle):
        return self.pick(words.SPOTS) + particle

    def existence(self, style):
        objects, _ = self.rng.choice(words.DEEDS[:6])
        thing = attach(self.pick(words.entries(objects)), "subject")
        verb = Verb.parse(self.pick(["있:있어", "있:있어", "없:없어"]))
        count = self.pick(words.COUNTS) if verb.stem == "있" else ""
        return (
            self.maybe(self.pick(words.PAST_TIMES))
            + f"{self.spot('에')} {thing} {self.maybe(count)}"
            + self.told(verb, style)
        )

    def quality(self, style):
        noun, adjective, _ = self.adjective()
        end = self.told(adjective, style)
        if style == "free":
            end = self.pick([end, adjective.infinitive + "요"])
        return (
            self.maybe(self.pick(words.PAST_TIMES), self.place() + "에서")
            + f"{attach(noun, self.pick(['topic', 'subject']))} "
            + f"{self.pick(words.DEGREES)} {end}"
        )

    def described_object(self, style):
        noun, _, attributive = self.adjective()
        verb = self.verb(
            words.entries("보:봐 좋아하:좋아해 찾:찾아 그리:그려 생각하:생각해")
        )
        return (
            self.maybe(self.pick(words.PAST_TIMES), self.place() + "에서")
            + f"{self.who_does()} {attributive} {attach(noun, 'object')} "
            + self.told(verb, style)
        )

    def cause(self, style):
        event = self.verb(words.EVENTS).infinitive + "서"
        rest = self.rng.choice([self.deed, self.trip, self.stay])(style)
        return f"{event} {rest}"

    def two_deeds(self, style):
        first, verb = self.action()
        second, last = self.action()
        link = self.pick(
            [verb.stem + "고", verb.infinitive + "서", verb.stem + "다가"]
        )
        return (
            self.maybe(self.who_does())
            + f"{first} {link} {second} {self.told(last, style)}"
        )

    def purpose(self, style):
        thing, verb = self.action()
        return (
            self.maybe(self.who_does())
            + f"{thing} {verb.before_eu}려고 {self.pick(words.GOALS)}에 "
            + self.told(self.verb(words.TRIPS), style)
        )

    def interruption(self, style):
        stay = self.verb(words.STAYS).stem + "다가"
        thing, verb = self.action()
        return f"{self.place()}에서 {stay} {thing} {self.told(verb, style)}"

    def contrast(self, style):
        thing, verb = self.action()
        noun, adjective, _ = self.adjective()
        return (
            f"{thing} {verb.past()}지만 {attach(noun, 'subject')} "
            f"{self.maybe(self.pick(words.DEGREES))}"
            f"{self.told(adjective, style)}"
        )

    def comparison(self, style):
        nouns, adjectives = self.rng.choice(words.QUALITIES)
        low, high = self.pick_two(words.entries(nouns))
        stem, infinitive, _ = self.pick(words.entries(adjectives)).split(":")
        adjective = Verb.parse(f"{stem}:{infinitive}:{stem}")
        return (
            f"{low}보다 {attach(high, 'subject')} "
            f"{self.pick(['더', '훨씬 더', '훨씬', '조금 더'])} "
            + self.told(adjective, style)
        )

    def speech(self, style):
        thing, verb = self.action()
        said = self.pick([verb.stem + "자고", verb.before_eu + "라고"])
        speaker = attach(self.pick(words.PEOPLE), "subject")
        told = self.told(Verb.parse(self.pick(["말하:말해", "하:해"])), style)
        return f"{speaker} {thing} {said} {told}"

    def habit(self, style):
        thing, verb = self.action()
        if style == "read":
            end = verb.stem + self.pick(["곤 했다", "고는 했다", "고 있다"])
        else:
            end = self.pick([verb.infinitive + "요", verb.stem + "거든요"])
        return (
            f"{self.who_does()} {self.pick(words.HABITS)} "
            f"{self.maybe(self.place() + '에서')}{thing} {end}"
        )

    def condition(self, style):
        event = self.verb(words.EVENTS).before_eu + "면"
        return f"{event} {self.plan(style)}"

    def plan(self, style):
        thing, verb = self.action()
        if style == "read":
            end = self.pick([verb.stem + "기로 했다", verb.stem + "고 싶었다"])
        else:
            end = self.pick(
                [
                    verb.future(),
                    verb.stem + "고 싶어요",
                    verb.infinitive + "야 돼요",
                    verb.infinitive + "도 돼요",
                    verb.stem + "자",
                ]
            )
        return (
            self.maybe(self.pick(words.FUTURE_TIMES), self.who_does())
            + self.maybe(self.place() + "에서")
            + f"{thing} {end}"
        )
