"""The style sheet of the app: what the theme cannot say, and fixed heights so that nothing jumps while a page loads."""

from __future__ import annotations

from pages.ui.app import heights

_SHEET = """
@keyframes waiting{50%{opacity:.55}}
body{
:is(.st-key-address,.st-key-continue_plan,.st-key-keep_plan,.st-key-forget_plan,.st-key-undo_kept,.st-key-redo_kept){
display:none}
[data-testid="stLayoutWrapper"]:has(>:is(.st-key-continue_plan,.st-key-keep_plan,.st-key-forget_plan,.st-key-undo_kept,
.st-key-redo_kept)){display:contents}
.st-key-above_page,[data-testid="stLayoutWrapper"]:has(>.st-key-above_page){display:contents}
[data-testid="stLayoutWrapper"]:has(>.st-key-undo_alone):not(:has(button)),
.stMain:not(:has(.st-key-summary_strip)) [data-testid="stLayoutWrapper"]:has(>.st-key-toolbar):not(:has(button)){
display:none}
:root:is([data-undo="true"],[data-redo="true"]) &
[data-testid="stLayoutWrapper"]:has(>:is(.st-key-undo_alone,.st-key-toolbar)){display:flex!important}
:root[data-undo="true"] & .st-key-undo_kept,:root[data-redo="true"] & .st-key-redo_kept{display:flex}
:root[data-keeps="true"] & :is(.st-key-continue_plan,.st-key-forget_plan){display:flex}
:root[data-keeps="empty"] & .st-key-forget_plan{display:flex}
:root[data-keeps="false"] & .st-key-keep_plan{display:flex}
[data-testid="stMain"] [data-testid="stMainBlockContainer"]{max-width:none;width:100%;padding:3.5rem 5rem 3rem}
#first-words{position:fixed;inset:0;z-index:100;pointer-events:none;padding:3.5rem 5rem 0 calc(300px + 5rem);
color-scheme:light dark;background:light-dark(#fff,#11171E);font:1rem/1.6 "First words",sans-serif}
&:has(.stMain h1,.stAlert,.stDialog) #first-words.of-start,
&:has(.stDialog) #first-words,&:has(.stMain h1,.stAlert):not(:has(.st-key-summary_strip)) #first-words,
&:has(.stMain h1):has(.st-key-summary_strip [data-testid="stMetric"]) #first-words{display:none}
#first-words p{margin:0 0 1rem}
:is(.st-key-lead,.st-key-start_lead) [data-testid="stMarkdownContainer"] p,#first-words p{
color:light-dark(#46525F,#A9B6C4)}
.st-key-start_lead p,#first-words.of-start.plan p{font-size:1.125rem}
#first-words h6{margin:0;padding:.25rem 0 .5rem;font-size:1.75rem;font-weight:650;line-height:1.3;
letter-spacing:-.01em;color:light-dark(#0A1118,#E4EAF0);text-wrap:balance}
#first-words h6 :is(strong,em){font:inherit;white-space:nowrap;color:light-dark(#B34700,#F08143)}
#first-words h6 em{color:light-dark(#00705A,#3CC79E)}
#first-words section{box-sizing:border-box;display:flex;align-items:center;gap:.25rem 2rem;min-height:56px;
padding:.25rem 0;border-bottom:1px solid light-dark(#D5DDE6,#2E3A47);color:light-dark(#0A1118,#E4EAF0);
white-space:nowrap}
#first-words :is(section span,section b){display:block;padding-right:22px;font-size:.875rem;line-height:19px}
#first-words section b{padding:0;font-size:1.1rem;line-height:24px;font-weight:600;font-variant-numeric:tabular-nums}
#first-words section p{margin:0}
#first-words mark{display:inline-block;margin:0 1px;padding:0 .25rem;border-radius:.25rem;font-size:.875rem;
line-height:1.6;background:light-dark(#EDF5FF,#10243E);color:light-dark(#244FB4,#6CB2F5)}
#first-words mark.orange{background:light-dark(#FFF6ED,#33210F);color:light-dark(#9B4519,#F0A060)}
#first-words mark i{display:inline-block;width:1em}
#first-words small{display:block;margin-top:1rem;font-size:.875rem;line-height:1.6;color:light-dark(#46525F,#A9B6C4)}
#first-words>div{display:flex;flex-wrap:wrap;align-items:center;gap:1rem;margin-top:1rem}
#first-words>div p{margin:0;color:light-dark(#0A1118,#E4EAF0)}
#first-words>div>i{width:176px;height:2.5rem}
#first-words nav{height:2.5rem;margin:.5rem 0 1rem}
#first-words b{font-weight:600}
#first-words.of-plan.scenarios h6{padding-bottom:0}
#first-words.of-plan.scenarios>p{font-size:.875rem}
#first-words aside{display:flex;gap:.5rem;padding:1rem;border-radius:.5rem;line-height:1.5;
background:light-dark(#EDF5FF,#1E2A3D);color:light-dark(#244FB4,#85B8F8)}
#first-words aside.warning{background:light-dark(#FFFAE5,#302917);color:light-dark(#956B0F,#FBD54F)}
#first-words aside.critical{background:light-dark(#FFF1F2,#412023);color:light-dark(#9E303B,#F2919A)}
#first-words.of-plan.monitor aside{margin-top:3rem}
#first-words aside i{flex:none;width:20px;height:27px}
#first-words aside p{margin:0;color:inherit}
[data-testid="stHeader"]{height:3rem;min-height:0}
.stMain:not(:has(h1,.stAlert)) .stMainBlockContainer{visibility:hidden}
[data-testid="stSidebarUserContent"]:not([data-testid="stSidebarNav"]~*){visibility:hidden}
[data-testid="stSidebarNav"]:not(:has([data-testid="stIconMaterial"])){visibility:hidden}
@media (min-width:769px){.stAppViewContainer:not(:has(.stSidebar)){padding-left:300px}}
[data-testid^="stBaseButton-primary"]{color:light-dark(#fff,#0B1520)}
a:focus-visible{outline:2px solid light-dark(#0B5CAD,#6CB2F5)!important;outline-offset:2px;border-radius:4px}
[data-testid="stHeaderActionElements"]{display:none}
[data-testid="stPlotlyChart"] .textpoint text{fill:currentColor!important}
[data-testid="stPlotlyChart"] :is(.xtick,.ytick) text,
[data-testid="stPlotlyChart"]:not(.st-key-picture *) :is(.annotation text,.xtitle,.ytitle){
fill:color-mix(in srgb,currentColor 78%,transparent)!important}
.st-key-picture :is(.xtick,.ytick) text{fill:#46525F!important}
.waiting{border-radius:.5rem;margin-bottom:1rem;background:light-dark(#EEF3F9,#182431);animation:waiting 1.6s infinite}
[data-testid="stMain"] h1{font-size:1.75rem;line-height:1.3;letter-spacing:-.01em;padding:.25rem 0 .5rem;
text-wrap:balance}
[data-testid="stMain"] h1 :is(strong,em){white-space:nowrap}
[data-testid="stMain"] h1 strong{font-weight:inherit;color:light-dark(#B34700,#F08143)}
[data-testid="stMain"] h1 em{font-style:inherit;color:light-dark(#00705A,#3CC79E)}
[data-testid="stLayoutWrapper"]:has(>.st-key-summary_strip){position:sticky;top:3rem;z-index:99}
.st-key-summary_strip{min-height:56px;gap:.25rem 2rem;padding:.25rem 0;background:light-dark(#fff,#11171E);
border-bottom:1px solid light-dark(#D5DDE6,#2E3A47)}
.st-key-summary_strip [data-testid="stMetric"]{display:flex;align-items:center;gap:.5rem;padding:0;white-space:nowrap}
.st-key-summary_strip [data-testid="stMetricLabel"]{min-height:0;margin:0}
.st-key-summary_strip [data-testid="stMetricValue"]{font-size:1.1rem;font-variant-numeric:tabular-nums;padding:0}
.st-key-summary_strip>*{position:relative}
.st-key-summary_strip [class*="st-key-why_"]{position:absolute;inset:0;height:auto!important;width:auto!important}
.st-key-summary_strip [class*="st-key-why_"] :is(div,button){position:absolute;inset:0;
width:100%;min-height:0;padding:0}
.st-key-summary_strip [class*="st-key-why_"] button p{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%);white-space:nowrap}
.st-key-summary_strip [data-testid="stMetricLabel"] [data-testid="stTooltipIcon"]{position:relative;z-index:1}
.st-key-top_hedged::after{content:"";position:absolute;left:0;right:0;bottom:-3px;height:4px;border-radius:2px;
background:linear-gradient(90deg,transparent calc(var(--target) - 1px),currentColor 0 calc(var(--target) + 1px),
transparent 0),linear-gradient(90deg,#0072B2 var(--share),light-dark(#D5DDE6,#2E3A47) 0)}
.st-key-top_source{margin-left:auto}
:is(.st-key-undo_kept,.st-key-redo_kept){flex:none;width:auto}
:is(.st-key-undo_kept,.st-key-redo_kept) a{color:inherit;text-decoration:none;white-space:nowrap;font-size:.875rem}
:is(.st-key-undo_kept,.st-key-redo_kept) a:hover{text-decoration:underline}
.st-key-toolbar{min-height:2.5rem;margin-top:-.5rem}
[data-testid="stToastContainer"]{top:auto!important;bottom:1rem!important}
.st-key-chart_tables{min-height:2.5rem}
.st-key-scenario_lead{min-height:6rem;gap:.25rem}
.st-key-scenario_place{min-height:44rem}
.st-key-scenario_inputs{min-height:5.25rem}
.st-key-scenario_cards{min-height:7rem;align-items:stretch}
.st-key-scenario_range{min-height:396px}
.st-key-scenario_lead h1{padding-bottom:0}
.st-key-scenario_inputs,.st-key-path_inputs{gap:.5rem 2rem}
.st-key-scenario_inputs>*,.st-key-path_inputs>*{flex:1 1 11.5rem!important;min-width:min(11.5rem,100%)}
.st-key-scenario_cards>*{flex:1 1 11.5rem!important;min-width:min(11.5rem,100%)}
[class*="st-key-card_"]{gap:.1rem;padding:.75rem 1rem!important}
[class*="st-key-card_"] [data-testid="stMetricValue"]{font-size:1.6rem;font-variant-numeric:tabular-nums}
.st-key-card_closed [data-testid="stMetricValue"]{color:light-dark(#B34700,#F08143)}
.st-key-scenario_preset{height:2.5rem}
@media (min-width:1001px){.st-key-scenario_view{height:2.5rem}}
@media (max-width:1180px){.st-key-scenario_view button{padding-inline:.6rem}}
.st-key-scenario_preset button{padding:.15rem .5rem;min-height:1.9rem}
.st-key-scenario_preset button p{font-size:.8rem}
.st-key-picture{padding-bottom:3.75rem}
.st-key-picture :is(div,[data-testid="stPlotlyChart"]){overflow:visible!important}
.st-key-picture .modebar-container{top:auto!important;bottom:-3.25rem!important;height:2.5rem!important}
.st-key-picture .modebar{position:absolute!important;inset:0 auto 0 0!important;opacity:1!important}
.st-key-picture .modebar-group{opacity:1!important;padding:0!important;background:none!important}
.st-key-picture .modebar-btn{display:flex!important;align-items:center;gap:.5rem;height:2.5rem!important;
padding:0 1rem!important;border-radius:.5rem;background:#0B5CAD!important;color:#fff!important}
.st-key-picture .modebar-btn path{fill:#fff!important}
.st-key-picture .modebar-btn::before,.st-key-picture .modebar-btn::after{all:unset!important}
.st-key-picture .modebar-btn::after{content:"Save as PNG"!important;font:600 .95rem system-ui,sans-serif!important;
color:#fff!important}
.st-key-legs{min-height:11rem}
.st-key-coin_head,[class*="st-key-coin_row_"]{display:grid;grid-template-columns:minmax(5rem,1fr) 3fr minmax(5rem,1fr);
gap:0 1rem;padding:.3rem .5rem;position:relative;align-items:center}
.st-key-coin_head,[class*="st-key-coin_row_"]{border-bottom:1px solid light-dark(#D5DDE6,#2E3A47)}
[class*="st-key-coin_row_"]:hover{background:light-dark(#EEF3F9,#182431)}
[class*="st-key-coin_press_"]{position:absolute;inset:0;height:auto!important;width:auto!important}
[class*="st-key-coin_press_"] :is(div,button){position:absolute;inset:0;width:100%;min-height:0;padding:0}
[class*="st-key-coin_press_"] button p{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
[class*="st-key-order_row_"]{display:grid;grid-template-columns:4fr 3fr 5fr auto;gap:0 1rem;align-items:center;
padding:.35rem 0;border-bottom:1px solid light-dark(#D5DDE6,#2E3A47)}
[class*="st-key-order_row_"] p{line-height:1.35}
[class*="st-key-lots_"] button p{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
[class*="st-key-lots_back"] button p{position:static;width:auto;height:auto;clip-path:none}
[class*="st-key-lots_"] button{min-width:2.5rem}
[class*="st-key-fill_row_"]{min-height:2.5rem}
[class*="st-key-fill_tick_"]{min-width:min(300px,100%)}
[class*="st-key-fill_tick_"] p{white-space:normal}
.st-key-monitor_metrics{min-height:5rem}
.st-key-what_if_figures{min-height:6.25rem}
.st-key-start_picture{min-height:43rem}
.st-key-plan_place{min-height:460px}
&:not(:has(.st-key-plan_place)) .st-key-plan_move{margin-top:476px}
&:not(:has(.st-key-start_place)) .st-key-start_hedge{margin-top:532px}
.st-key-start_place{min-height:516px}
[class*="st-key-orders"] table{font-variant-numeric:tabular-nums}
[class*="st-key-links"]{gap:.1rem 1rem}
[data-testid="stMain"] [data-testid="stPageLink"] :is(a,span,div,p){white-space:normal;overflow:visible;height:auto}
@media (max-width:1180px){
#first-words{padding-left:calc(300px + 2.5rem);padding-right:2.5rem}
#first-words section{gap:.25rem 1rem}
#first-words section span{padding-right:6px}
.st-key-summary_strip{gap:.25rem 1rem}
.st-key-summary_strip [data-testid="stTooltipIcon"]{display:none}
:is(.st-key-hedge_share,.st-key-horizon_days,.st-key-window_days){min-height:68px}
.st-key-approach{min-height:95px}
.st-key-picture [data-testid="stPlotlyChart"]{zoom:.8}
[data-testid="stMain"] [data-testid="stMainBlockContainer"]{padding-left:2.5rem;padding-right:2.5rem}
.stMain .stHorizontalBlock:has(>.stColumn){flex-direction:column;gap:1rem}
[data-testid="stMain"] [data-testid="stHorizontalBlock"]>[data-testid="stColumn"]{width:100%;flex:none}}
.st-key-keep_plan p,.st-key-forget_plan p{font-size:.875rem}
@media (hover:none){:not(:hover,:focus-within)>[data-testid="stElementToolbar"]{visibility:hidden}}
@media (max-width:768px){#first-words{padding-left:2.5rem}}
@media (max-width:640px){
[class*="st-key-card_"]{padding:.5rem .75rem!important}
[class*="st-key-order_row_"]{grid-template-columns:3fr 2fr auto;gap:0 .5rem;padding:.2rem 0}
[class*="st-key-order_row_"]>:nth-child(3){grid-column:1/4;grid-row:2}
[class*="st-key-order_steps_"]{gap:.25rem}
.st-key-start_place{min-height:540px}
&:not(:has(.st-key-start_place)) .st-key-start_hedge{margin-top:556px}
.st-key-monitor_metrics{min-height:10rem}
.st-key-what_if_figures [data-testid="stMetricValue"]{font-size:1.1rem}
.st-key-size_controls{min-height:19.25rem}
.st-key-picture_frame{overflow:hidden}
.st-key-picture{width:960px!important;min-width:960px;max-width:none!important}
.st-key-picture [data-testid="stPlotlyChart"]{zoom:1}
.st-key-picture :is(div,[data-testid="stPlotlyChart"]):has(.js-plotly-plot){height:auto!important}
.st-key-picture .js-plotly-plot{zoom:.32}
.st-key-picture .modebar-container{bottom:-10rem!important;height:7.5rem!important}
.st-key-picture .modebar-btn{zoom:3}
[data-testid="stMain"] h1,#first-words h6{font-size:1.35rem}
#first-words{padding:3.25rem 1rem 0}
#first-words section{display:grid;grid-template-columns:1fr 1fr;gap:.3rem 1rem;padding:.4rem 0}
#first-words section b{font-size:.95rem;line-height:20px}
#first-words section p{margin:0;grid-column:1/3}
.st-key-scenario_lead{min-height:9.5rem}
.st-key-summary_strip{display:grid;grid-template-columns:1fr 1fr;gap:.3rem 1rem;padding:.4rem 0}
.st-key-summary_strip [data-testid="stMetric"]{gap:.35rem}
.st-key-summary_strip [data-testid="stMetricValue"]{font-size:.95rem}
.st-key-summary_strip [data-testid="stTooltipIcon"]{display:none}
.st-key-top_source{margin:0;grid-column:1/3}
.st-key-top_source :is(div,p,span){max-width:none!important;width:auto!important}
[data-testid="stMain"] [data-testid="stMainBlockContainer"]{padding:3.25rem 1rem 1.5rem}}
@media (hover:none){[data-testid="stMain"] kbd{display:none}}
@media (prefers-reduced-motion:reduce){*{animation-duration:.01ms!important;animation-iteration-count:1!important;
transition-duration:.01ms!important}}
"""

STYLE = f"<style>{_SHEET}{heights.rules()}}}</style>"
"""Everything is nested in `body`, so that it goes before the rules of the same weight that Streamlit adds later.

In this order: the hidden input of the address, the links of a plan that the browser keeps (see `kept`), a page that
shows when its heading is there and stands where it will stand, no menu of file names (Streamlit has only these, and no
icons, until a new server has run the app once), the first words of the start page until then (see
`first_words`), a dark label on the dark theme's light buttons, a ring around a link that the keyboard has reached, no
links at headings (each would be a stop for the Tab key), full ink in the cells of heat maps, axis text and notes with
enough contrast, the grey fields of a page that waits for prices, the sentence that leads a page, the top line (56 px,
sticky, two by two on a phone, with a button over each figure and the hedge ratio as a bar), the scenarios page with
heights that hold while results are worked out, the button below a picture to share, columns one below the other
beside the sidebar of a small screen, no tools over a table that nobody touches where nothing hovers, no keys where
there is no keyboard, no motion for who asked for none.
"""
