"""Invented Chinese names of townships, villages and roads."""

from __future__ import annotations

import numpy as np

SUBDISTRICT = "云溪街道"
TOWNS = (
    "石桥镇", "金沟镇", "青石镇", "白杨镇", "柳湾镇", "河口镇", "双塔镇", "东泉镇", "清源镇", "长乐镇", "临水镇", "古堡镇",
    "枣林镇", "大槐镇", "兴隆镇", "永安镇", "平川镇", "望河镇", "桃园镇", "新集镇", "安家镇", "红崖镇", "铁佛镇", "窑头镇",
)  # fmt: skip
RURAL_TOWNSHIPS = (
    "松坡乡", "高崖乡", "马岭乡", "南梁乡", "云顶乡", "杏花乡", "石窑乡", "北塬乡", "野鹿乡", "黑龙乡", "茶坊乡", "柏木乡",
    "西沟乡", "凤山乡", "雪岭乡", "老寨乡", "上坪乡", "草滩乡", "风口乡", "大岔乡", "鹰嘴乡", "后山乡", "苇塘乡", "水磨乡",
)  # fmt: skip
COMMUNITIES = (
    "文昌", "东关", "西关", "南关", "北关", "迎春", "朝阳", "新华", "府前", "滨河", "学府", "幸福", "建设", "和平", "康乐", "锦绣",
    "翠屏", "城南", "城北", "安居", "兴业", "永宁", "清泉", "观澜", "梧桐", "紫薇", "丹桂", "明珠", "广场", "体育场", "站前", "鼓楼",
)  # fmt: skip
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文原"
_LAND = "大小上下前后东西南北中新老双长高青红白黑石沙松柏杨柳枣桃杏梨槐榆龙凤虎马牛羊鹿云泉清寒阳阴"
_KIN = (
    "家庄",
    "家沟",
    "家坪",
    "家岭",
    "家湾",
    "家坡",
    "家峪",
    "家堡",
    "家垴",
    "家窑",
    "家河",
    "家寨",
    "村",
    "店",
    "家山",
    "家圪塔",
)
_FORMS = (
    "沟",
    "坡",
    "岭",
    "坪",
    "湾",
    "峪",
    "堡",
    "庄",
    "垴",
    "洼",
    "塬",
    "滩",
    "崖",
    "梁",
    "坳",
    "泉",
    "窑",
    "寨",
    "林",
    "沟口",
)


def village_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return ``count`` different names of villages without 村, in an order that depends on ``rng``."""
    kin = [f"{a}{b}" for a in _SURNAMES for b in _KIN]
    land = [f"{a}{b}" for a in _LAND for b in _FORMS]
    pairs = [f"{a}{b}{c}" for a in _LAND[:24] for b in _LAND[24:] for c in _FORMS]
    first = [str(name) for name in rng.permutation(kin + land)]
    return (first + [str(name) for name in rng.permutation(pairs)])[:count]


def community_names(count: int) -> list[str]:
    """Return ``count`` different names of communities without 社区."""
    longer = [f"{name}{number}" for number in ("二", "三", "四", "五") for name in COMMUNITIES]
    return (list(COMMUNITIES) + longer)[:count]
