"""English words that do not inflect by the rules."""

from __future__ import annotations

_VERBS = """
arise arises arising arose arisen|awake awakes awaking awoke awoken|bear bears bearing bore borne born
beat beats beating beaten|become becomes becoming became|begin begins beginning began begun
bend bends bending bent|bet bets betting betted|bid bids bidding bade bidden|bind binds binding bound
bite bites biting bit bitten|bleed bleeds bleeding bled|blow blows blowing blew blown
break breaks breaking broke broken|breed breeds breeding bred|bring brings bringing brought
broadcast broadcasts broadcasting broadcasted|build builds building built|burn burns burning burned burnt
burst bursts bursting|buy buys buying bought|cast casts casting|catch catches catching caught
choose chooses choosing chose chosen|cling clings clinging clung|come comes coming came|cost costs costing
creep creeps creeping crept|cut cuts cutting|deal deals dealing dealt|dig digs digging dug
do does doing did done|draw draws drawing drew drawn|dream dreams dreaming dreamed dreamt
drink drinks drinking drank drunk|drive drives driving drove driven|eat eats eating ate eaten
fall falls falling fell fallen|feed feeds feeding fed|feel feels feeling felt|fight fights fighting fought
find finds finding found|flee flees fleeing fled|fling flings flinging flung|fly flies flying flew flown
forbid forbids forbidding forbade forbidden|forecast forecasts forecasting forecasted
foresee foresees foreseeing foresaw foreseen|forget forgets forgetting forgot forgotten
forgive forgives forgiving forgave forgiven|freeze freezes freezing froze frozen
get gets getting got gotten|give gives giving gave given|go goes going went gone
grind grinds grinding ground|grow grows growing grew grown|hang hangs hanging hung hanged
have has having had|hear hears hearing heard|hide hides hiding hid hidden|hit hits hitting
hold holds holding held|hurt hurts hurting|keep keeps keeping kept|kneel kneels kneeling knelt kneeled
know knows knowing knew known|lay lays laying laid|lead leads leading led|lean leans leaning leaned leant
leap leaps leaping leaped leapt|learn learns learning learned learnt|leave leaves leaving left
lend lends lending lent|let lets letting|lie lies lying lay lain lied|light lights lighting lit lighted
lose loses losing lost|make makes making made|mean means meaning meant|meet meets meeting met
mislead misleads misleading misled|mistake mistakes mistaking mistook mistaken|offset offsets offsetting
outbid outbids outbidding|overcome overcomes overcoming overcame|overrun overruns overrunning overran
oversee oversees overseeing oversaw overseen|overtake overtakes overtaking overtook overtaken
overthrow overthrows overthrowing overthrew overthrown|pay pays paying paid|plead pleads pleading pleaded pled
prove proves proving proved proven|put puts putting|quit quits quitting|read reads reading
repay repays repaying repaid|combat combats combated combating combatted combatting
rebuild rebuilds rebuilding rebuilt|ride rides riding rode ridden|ring rings ringing rang rung
rise rises rising rose risen|run runs running ran|say says saying said|see sees seeing saw seen
seek seeks seeking sought|sell sells selling sold|send sends sending sent|set sets setting
shake shakes shaking shook shaken|shed sheds shedding|shine shines shining shone shined
shoot shoots shooting shot|show shows showing showed shown|shrink shrinks shrinking shrank shrunk
shut shuts shutting|sing sings singing sang sung|sink sinks sinking sank sunk|sit sits sitting sat
slay slays slaying slew slain|sleep sleeps sleeping slept|slide slides sliding slid
smell smells smelling smelled smelt|speak speaks speaking spoke spoken|speed speeds speeding sped
spell spells spelling spelled spelt|spend spends spending spent|spill spills spilling spilled spilt
spin spins spinning spun|split splits splitting|spoil spoils spoiling spoiled spoilt
spread spreads spreading|spring springs springing sprang sprung|stand stands standing stood
steal steals stealing stole stolen|stick sticks sticking stuck|sting stings stinging stung
strike strikes striking struck stricken|strive strives striving strove striven|swear swears swearing swore sworn
sweep sweeps sweeping swept|swim swims swimming swam swum|swing swings swinging swung
take takes taking took taken|teach teaches teaching taught|tear tears tearing tore torn
tell tells telling told|think thinks thinking thought|throw throws throwing threw thrown
undergo undergoes undergoing underwent undergone|understand understands understanding understood
undertake undertakes undertaking undertook undertaken|uphold upholds upholding upheld
upset upsets upsetting|wake wakes waking woke woken|wear wears wearing wore worn
weave weaves weaving wove woven|weep weeps weeping wept|win wins winning won|wind winds winding wound
withdraw withdraws withdrawing withdrew withdrawn|withhold withholds withholding withheld
withstand withstands withstanding withstood|write writes writing wrote written
be am is are was were being been|die dies died dying|tie ties tied tying|panic panics panicked panicking
traffic traffics trafficked trafficking|program programs programme programmes programmed programming
focus focuses focused focusing focussed focussing|visit visits visited visiting|edit edits edited editing
target targets targeted targeting|market markets marketed marketing|export exports exported exporting
"""

_NOUNS = """
analysis analyses|appendix appendices appendixes|axis axes|bacterium bacteria|basis bases|calf calves
child children|crisis crises|criterion criteria|curriculum curricula|diagnosis diagnoses|dwarf dwarfs dwarves
foot feet|fungus fungi|goose geese|half halves|hero heroes|hoof hooves hoofs|hypothesis hypotheses
index indices indexes|knife knives|leaf leaves|life lives|loaf loaves|man men|matrix matrices|medium media mediums
memorandum memoranda memorandums|mouse mice|oasis oases|ox oxen|parenthesis parentheses|person people persons
phenomenon phenomena|referendum referendums referenda|scarf scarves|self selves|shelf shelves
stimulus stimuli|synthesis syntheses|thesis theses|thief thieves|tooth teeth|veto vetoes vetoed vetoing
virus viruses|wharf wharves|wife wives|wolf wolves|woman women|policeman policemen|spokesman spokesmen
gunman gunmen|serviceman servicemen|fisherman fishermen|chairman chairmen|congressman congressmen
"""

_ADJECTIVES = "bad worse worst|good better best|far farther farthest further furthest|little less least"


def _families() -> dict[str, tuple[str, ...]]:
    """Return the family of each word; a word of two families (saw, lay, left) is its own base or the first's."""
    families = [tuple(row.split()) for row in f"{_VERBS}|{_NOUNS}|{_ADJECTIVES}".replace("\n", "|").split("|")]
    result: dict[str, tuple[str, ...]] = {}
    for family in filter(None, families):
        result[family[0]] = tuple(dict.fromkeys((*family, *result.get(family[0], ()))))
    for family in filter(None, families):
        for word in family[1:]:
            result.setdefault(word, result[family[0]])
    # Their own bases, although they are forms of other words too.
    for word in ("found", "ground", "saw", "wound", "left", "born", "shot", "thought", "building", "meeting", "bound"):
        result.pop(word, None)
    return result


FAMILIES = _families()

_INVARIABLE = """
news species series means aircraft spacecraft headquarters during nothing something anything everything evening
morning ceiling united always perhaps christmas texas paris athens brussels mathematics physics politics
economics athletics hundred sacred naked beijing hundreds towards afterwards besides whereas
"""
INVARIABLE = frozenset(_INVARIABLE.split())
"""Words that end like an inflection and are none, or have no forms."""
