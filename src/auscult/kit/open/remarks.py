"""Neutral sentences for the controls of what a model writes."""

from __future__ import annotations

NEUTRAL_REMARKS = (
    "I like to write in the kitchen.",
    "I prefer tea to coffee as a rule.",
    "We have a wooden bench by the gate.",
    "I am fond of walking along the canal.",
    "We keep our bicycles in the old shed now.",
    "I learnt to type on a very noisy machine.",
    "Our street is lined with tall trees on both sides.",
    "I have an old radio on the shelf by the window.",
    "Our front door has been done in a dark kind of green.",
    "I would rather sit by the window than by the stove.",
    "I always think that our street looks best in autumn.",
    "My bicycle has a basket and a bell that rings loudly.",
    "I went to the library and brought home an atlas of the stars.",
    "We have decided to plant tulips along the path to the gate.",
    "I find the timetable of the trams rather hard to make out.",
    "I still have the paper map that we used on our last journey.",
    "I have never been much good at crosswords, but I like trying them.",
    "We hung a picture of a lighthouse over the table in the hall.",
    "Our clock in the hall is always a little slow, and we are used to that.",
    "I bought a lamp with a green shade at the market, and it suits the room.",
    "I believe that the old bridge over the canal is the finest thing in our town.",
    "We are thinking of putting new shelves into the hall, made from the wood of a boat.",
    "I have always liked the sound of the trams, although most of our street grumbles at it.",
    "I keep a box of postcards under the stairs, and most of them are of bridges or of harbours.",
    "Our town has a museum of clocks near the harbour, and I like to go there when it is raining.",
    "I would rather travel by train than by car, because I like to look at the fields and the "
    "canals.",
    "We have a garden with a pond and an old apple tree, and I would never exchange it for a "
    "larger one in town.",
)
"""Of everyday life, in the first person, from short to long: the controls of written sentences,
which meet every rule that those must meet."""
